using Xunit.Sdk;
using Xunit.v3;

// libtorch's number of threads is one for the process, and a test that measures resident memory must run alone.
[assembly: Parallelization(Mode = ParallelMode.None)]
