using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Krewe.Runtime;

/// <summary>
/// Stops a run's threads together: on request, or because one of them failed. The first failure is kept for the caller.
/// Thread-safe.
/// </summary>
public sealed class RunStop : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _source = new();
    private readonly CancellationToken _token;
    private readonly Lock _lock = new();
    private ExceptionDispatchInfo? _failure;
    private long _requestedAt;
    private bool _isAbandoned;

    /// <summary>Creates a stop that has not been requested.</summary>
    public RunStop() => _token = _source.Token;

    /// <summary>Cancelled when the run must stop.</summary>
    public CancellationToken Token => _token;

    /// <summary>Whether the run must stop.</summary>
    public bool IsRequested => _token.IsCancellationRequested;

    /// <summary>The first failure; null while there is none.</summary>
    public Exception? Failure => Volatile.Read(ref _failure)?.SourceException;

    /// <summary>Whether the host has ended the run without a thread that did not return from an environment.</summary>
    public bool IsAbandoned => Volatile.Read(ref _isAbandoned);

    /// <summary>Ends the run without threads that do not return: they must do nothing more when they do.</summary>
    public void Abandon() => Volatile.Write(ref _isAbandoned, true);

    /// <summary>Requests that every thread of the run stop; does nothing once disposed, because an abandoned thread may still call it.</summary>
    public void Request()
    {
        Interlocked.CompareExchange(ref _requestedAt, Stopwatch.GetTimestamp(), 0);
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended.
        }
    }

    /// <summary>Waits until threads have ended: at most until a timeout after <see cref="Request"/>, but at least briefly.</summary>
    /// <param name="threads">Tasks that complete when the threads have ended.</param>
    /// <param name="timeout">The longest wait, measured from <see cref="Request"/>.</param>
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
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(Volatile.Read(ref _requestedAt));
            return Task.WaitAll(threads, left > Moment ? left : Moment);
        }
    }

    /// <summary>Runs a part of a thread's work: cancellation ends it, and a failure stops the whole run.</summary>
    /// <param name="body">The work.</param>
    public void Guard(Action body)
    {
        try
        {
            body();
        }
        catch (OperationCanceledException) when (IsRequested)
        {
            // Cancellation is not a failure.
        }
        catch (Exception e)
        {
            // Any exception of a thread must fail the run.
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
