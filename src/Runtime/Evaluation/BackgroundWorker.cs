using System.Collections.Concurrent;

namespace Krewe.Runtime;

/// <summary>
/// A thread that processes a queue with room for one item. Disposing waits for the current and the queued item.
/// </summary>
/// <typeparam name="T">Type of the items.</typeparam>
public sealed class BackgroundWorker<T> : IDisposable
{
    private readonly BlockingCollection<T> _queue = [];
    private readonly SemaphoreSlim _room = new(1);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _abandoned;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="work">Processes an item; must handle its own failures.</param>
    public BackgroundWorker(string name, Action<T> work)
    {
        new Thread(() => Work(work)) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>Completes when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Queues an item; waits while another is queued.</summary>
    /// <param name="item">Makes the item, once there is room for it. Its exceptions are thrown, and nothing is queued.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether it was queued; false after the timeout.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public bool TryPost(Func<T> item, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!_room.Wait(timeout, cancellationToken))
        {
            return false;
        }

        try
        {
            _queue.Add(item(), CancellationToken.None);
            return true;
        }
        catch
        {
            _room.Release();
            throw;
        }
    }

    /// <summary>Accepts no more items. The thread ends after the current and the queued item.</summary>
    public void Complete() => _queue.CompleteAdding();

    /// <summary>Abandons a thread that hangs: it processes no further item, and <see cref="Dispose"/> does not wait for it.</summary>
    public void Abandon() => _abandoned = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (!_abandoned)
        {
            _ended.Task.Wait();
            _queue.Dispose();
            _room.Dispose();
        }
    }

    private void Work(Action<T> work)
    {
        try
        {
            foreach (T item in _queue.GetConsumingEnumerable())
            {
                _room.Release();
                if (!_abandoned)
                {
                    work(item);
                }
            }
        }
        finally
        {
            _ended.SetResult();
        }
    }
}
