using Xunit.Sdk;
using Xunit.v3;

// Every test starts enough processes to use the whole machine.
[assembly: Parallelization(Mode = ParallelMode.None)]
