using System.Runtime.ExceptionServices;

namespace Krewe.Runtime;

/// <summary>
/// How a run's threads are stopped together: because someone asks, or because one of them failed. The first failure is kept for the
/// caller. Any thread may call.
/// </summary>
public sealed class RunStop : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationToken _token;
    private readonly Lock _lock = new();
    private ExceptionDispatchInfo? _failure;

    /// <summary>Makes a stop that nobody has asked for yet.</summary>
    public RunStop() => _token = _source.Token;

    /// <summary>Cancelled when the run shall stop.</summary>
    public CancellationToken Token => _token;

    /// <summary>Whether the run shall stop.</summary>
    public bool IsRequested => _token.IsCancellationRequested;

    /// <summary>The first failure; null while there is none.</summary>
    public Exception? Failure => Volatile.Read(ref _failure)?.SourceException;

    /// <summary>Asks every thread of the run to stop; does nothing once disposed, which a thread that was left behind may be late for.</summary>
    public void Request()
    {
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended.
        }
    }

    /// <summary>Waits until threads have ended; from the moment when the run shall stop, no longer than a time.</summary>
    /// <param name="threads">Complete when the threads have ended.</param>
    /// <param name="timeout">How long to wait for them after <see cref="Request"/>.</param>
    /// <returns>Whether all have ended.</returns>
    public bool Wait(Task[] threads, TimeSpan timeout)
    {
        try
        {
            Task.WaitAll(threads, _token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return Task.WaitAll(threads, timeout);
        }
    }

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
