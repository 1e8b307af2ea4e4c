namespace Krewe.Tests;

/// <summary>Tests that use process-wide state (console, meters, activities). They run one at a time, while no other test runs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone : ICollectionFixture<SilentOutput>;

/// <summary>Keeps these tests from writing to the real standard output, where the runner's reports are.</summary>
public sealed class SilentOutput : IDisposable
{
    private readonly TextWriter _output = Console.Out;

    /// <summary>Discards output to standard output that is not captured by a test.</summary>
    public SilentOutput() => Console.SetOut(TextWriter.Null);

    /// <inheritdoc/>
    public void Dispose() => Console.SetOut(_output);
}
