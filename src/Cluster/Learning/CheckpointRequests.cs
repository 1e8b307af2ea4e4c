using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>Requests for a checkpoint, served by the learner's thread between two updates. Any thread may ask; several get the same checkpoint.</summary>
/// <param name="write">Writes a checkpoint and returns its folder.</param>
internal sealed class CheckpointRequests(Func<string> write)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<string>? _waiting;
    private bool _isClosed;

    /// <summary>Asks for a checkpoint.</summary>
    /// <returns>Its folder, when it has been written.</returns>
    /// <exception cref="InvalidOptionException">The run is over.</exception>
    public Task<string> Ask()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                throw new InvalidOptionException("the run is over: its last checkpoint stands");
            }

            _waiting ??= new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }

    /// <summary>Writes a checkpoint if one was asked for. The learner's thread alone.</summary>
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
        catch (KreweException e)
        {
            request.SetException(e);
        }
    }

    /// <summary>The learner's thread has ended: requests that wait are refused, and so are later ones.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        Take()?.TrySetException(new InvalidOptionException("the run ended before the checkpoint was written: its last one stands"));
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
