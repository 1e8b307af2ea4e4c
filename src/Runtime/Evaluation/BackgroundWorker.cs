using System.Collections.Concurrent;

namespace Krewe.Runtime;

/// <summary>
/// One thread that works through a queue of at most one waiting item; disposing waits for the item in hand and the one that waits.
/// </summary>
/// <typeparam name="T">What is worked on.</typeparam>
public sealed class BackgroundWorker<T> : IDisposable
{
    private readonly BlockingCollection<T> _queue = new(boundedCapacity: 1);
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="work">What to do with an item; it deals with its own failures.</param>
    public BackgroundWorker(string name, Action<T> work)
    {
        _thread = new Thread(() => Work(work)) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Hands over an item unless one is waiting already.</summary>
    /// <param name="item">The item.</param>
    /// <returns>Whether it was taken.</returns>
    public bool TryPost(T item) => _queue.TryAdd(item);

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Work(Action<T> work)
    {
        foreach (T item in _queue.GetConsumingEnumerable())
        {
            work(item);
        }
    }
}
