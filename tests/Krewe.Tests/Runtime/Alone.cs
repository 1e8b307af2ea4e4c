namespace Krewe.Tests;

/// <summary>Tests of what a process has once (console, meters, spans): they run one at a time, when no other test runs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone : ICollectionFixture<SilentOutput>;

/// <summary>
/// Keeps these tests off the real standard output. The test runner writes its reports there from another thread: it holds that writer's lock
/// while it waits for <see cref="Console.Out"/>'s, and a command under test takes the two in the other order.
/// </summary>
public sealed class SilentOutput : IDisposable
{
    private readonly TextWriter _output = Console.Out;

    /// <summary>Discards what is written to standard output and not captured by a test.</summary>
    public SilentOutput() => Console.SetOut(TextWriter.Null);

    /// <inheritdoc/>
    public void Dispose() => Console.SetOut(_output);
}
