// libtorch's number of threads is one for the process, and a test that looks at resident memory wants no neighbours.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
