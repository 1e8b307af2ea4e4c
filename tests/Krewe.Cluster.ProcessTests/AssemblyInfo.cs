using Xunit.Sdk;
using Xunit.v3;

// Every test has a machine's worth of processes of its own.
[assembly: Parallelization(Mode = ParallelMode.None)]
