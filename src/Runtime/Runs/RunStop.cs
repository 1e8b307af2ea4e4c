using System.Runtime.ExceptionServices;

namespace Krewe.Runtime;

/// <summary>
/// How a run's threads are stopped together: because someone asks, or because one of them failed. The first failure is kept for the
/// caller. Any thread may call.
/// </summary>
public sealed class RunStop : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly Lock _lock = new();
    private ExceptionDispatchInfo? _failure;

    /// <summary>Cancelled when the run shall stop.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the run shall stop.</summary>
    public bool IsRequested => _source.IsCancellationRequested;

    /// <summary>The first failure; null while there is none.</summary>
    public Exception? Failure => Volatile.Read(ref _failure)?.SourceException;

    /// <summary>Asks every thread of the run to stop.</summary>
    public void Request() => _source.Cancel();

    /// <summary>Runs a piece of a thread's work: being told to stop just ends it, a failure stops everything.</summary>
    /// <param name="body">The piece of work.</param>
    public void Guard(Action body)
    {
        try
        {
            body();
        }
        catch (OperationCanceledException) when (IsRequested)
        {
            // Asked to stop: the thread just ends.
        }
        catch (Exception e)
        {
            // A failed worker must fail the run, whatever it failed of.
            lock (_lock)
            {
                _failure ??= ExceptionDispatchInfo.Capture(e);
            }

            Request();
        }
    }

    /// <summary>Throws the first failure, if there was one.</summary>
    public void ThrowFailure() => _failure?.Throw();

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
