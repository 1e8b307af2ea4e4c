// Every test has a machine's worth of processes of its own.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
