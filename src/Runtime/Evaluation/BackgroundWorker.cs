using System.Collections.Concurrent;

namespace Krewe.Runtime;

/// <summary>
/// One thread that works through a queue of at most one waiting item; disposing waits for the item in hand and the one that waits.
/// </summary>
/// <typeparam name="T">What is worked on.</typeparam>
public sealed class BackgroundWorker<T> : IDisposable
{
    private readonly BlockingCollection<T> _queue = new(boundedCapacity: 1);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _abandoned;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="work">What to do with an item; it deals with its own failures.</param>
    public BackgroundWorker(string name, Action<T> work)
    {
        new Thread(() => Work(work)) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>Complete when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Hands over an item unless one is waiting already.</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it was taken.</returns>
    public bool TryPost(T item) => _queue.TryAdd(item);

    /// <summary>Takes no more items; the thread ends with those that it has.</summary>
    public void Complete() => _queue.CompleteAdding();

    /// <summary>Gives up a thread that hangs: it does no further item, and <see cref="Dispose"/> does not wait for it.</summary>
    public void Abandon() => _abandoned = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (!_abandoned)
        {
            _ended.Task.Wait();
            _queue.Dispose();
        }
    }

    private void Work(Action<T> work)
    {
        try
        {
            foreach (T item in _queue.GetConsumingEnumerable())
            {
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
