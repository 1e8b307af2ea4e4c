namespace Krewe.Cluster;

/// <summary>
/// Threads for slow rollouts. A thread is kept for a while for the next rollout: creating one per rollout, 1,600 per second for 256 actors,
/// would cost more than the steps. Thread-safe.
/// </summary>
internal sealed class RolloutThreads
{
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<Worker> _idle = [];

    /// <summary>The threads of this process.</summary>
    public static RolloutThreads Shared { get; } = new();

    /// <summary>Runs work on a dedicated thread.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="work">The work; its exceptions are rethrown to the awaiter.</param>
    public Task<T> Run<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        TakeWorker().Do(() =>
        {
            try
            {
                T value = work();
                return () => result.SetResult(value);
            }
            catch (Exception e)
            {
                return () => result.SetException(e);
            }
        });
        return result.Task;
    }

    private Worker TakeWorker()
    {
        lock (_lock)
        {
            if (_idle.Count > 0)
            {
                // The most recently used one: its stack is still in the cache, and the others can time out.
                Worker worker = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
                return worker;
            }
        }

        return new Worker(this);
    }

    private sealed class Worker : IDisposable
    {
        private readonly RolloutThreads _owner;
        private readonly AutoResetEvent _wake = new(initialState: false);
        private Func<Action>? _work;

        public Worker(RolloutThreads owner)
        {
            _owner = owner;
            new Thread(Loop) { Name = "krewe-rollout", IsBackground = true }.Start();
        }

        public void Do(Func<Action> work)
        {
            _work = work;
            _wake.Set();
        }

        private void Loop()
        {
            while (WaitForWork())
            {
                Action finish = _work!();
                lock (_owner._lock)
                {
                    _owner._idle.Add(this);
                }

                finish();
            }

            Dispose();
        }

        public void Dispose() => _wake.Dispose();

        private bool WaitForWork()
        {
            while (!_wake.WaitOne(IdleTimeout))
            {
                lock (_owner._lock)
                {
                    // Not in the list: a caller has taken it and is about to wake it.
                    if (_owner._idle.Remove(this))
                    {
                        return false;
                    }
                }
            }

            return true;
        }
    }
}
