using Xunit.Sdk;
using Xunit.v3;

// libtorch's number of threads is one for the process, and a test that looks at resident memory wants no neighbours.
[assembly: Parallelization(Mode = ParallelMode.None)]
