namespace Krewe.Tests;

/// <summary>Tests of what a process has once (console, meters, spans): they run one at a time, when no other test runs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
