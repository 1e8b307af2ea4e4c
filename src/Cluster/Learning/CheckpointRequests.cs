using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>Requests for a checkpoint, served by the learner's thread between updates; concurrent requests share one. Thread-safe.</summary>
/// <param name="write">Writes a checkpoint and returns its folder.</param>
internal sealed class CheckpointRequests(Func<string> write)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<string>? _waiting;
    private bool _isClosed;

    /// <summary>Requests a checkpoint.</summary>
    /// <returns>Its folder, once it has been written.</returns>
    /// <exception cref="InvalidOptionException">The run has ended.</exception>
    public Task<string> Ask()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                throw new InvalidOptionException("the run has ended; its last checkpoint is kept");
            }

            _waiting ??= new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }

    /// <summary>Writes a checkpoint if one was requested. Called by the learner's thread only.</summary>
    public void Serve()
    {
        if (Volatile.Read(ref _waiting) is null)
        {
            return;
        }

        TaskCompletionSource<string> request = Take()!;
        try
        {
            request.SetResult(write());
        }
        catch (Exception e)
        {
            // The caller is answered in any case. A fault that is not meant for users, as of an agent's code, ends the run too.
            request.SetException(e);
            if (e is not KreweException)
            {
                throw;
            }
        }
    }

    /// <summary>Called when the learner's thread has ended: pending and later requests fail.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        Take()?.TrySetException(new InvalidOptionException("the run ended before the checkpoint was written; its last checkpoint is kept"));
    }

    private TaskCompletionSource<string>? Take()
    {
        lock (_lock)
        {
            TaskCompletionSource<string>? taken = _waiting;
            _waiting = null;
            return taken;
        }
    }
}
