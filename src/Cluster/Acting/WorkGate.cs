using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>Lets a silo's actors wait, without a thread, until there is a policy and the run is not paused. Thread-safe.</summary>
/// <param name="hasPolicy">Whether there is a policy to act with.</param>
internal sealed class WorkGate(Func<bool> hasPolicy)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _firstPolicy = Signal();
    private TaskCompletionSource _work = Signal();
    private volatile RunDirective _directive = RunDirective.Pause;

    /// <summary>Whether actors should work now.</summary>
    public bool IsWorking => _directive == RunDirective.Work;

    /// <summary>Applies a directive; <see cref="RunDirective.Stop"/> is final.</summary>
    public void Direct(RunDirective directive)
    {
        lock (_lock)
        {
            if (_directive is RunDirective.Stop || _directive == directive)
            {
                return;
            }

            _directive = directive;
            if (directive == RunDirective.Pause)
            {
                _work = Signal();
            }
            else
            {
                _work.TrySetResult();
            }

            if (IsEnd(directive))
            {
                // Release the waiters for a policy, but only in this case: a waiter that is woken without a policy would ask again in a busy loop.
                _firstPolicy.TrySetResult();
            }
        }
    }

    /// <summary>Called when a policy is available.</summary>
    public void PolicyArrived() => _firstPolicy.TrySetResult();

    /// <summary>Waits until actors should work.</summary>
    /// <returns>False when the run ends.</returns>
    public async ValueTask<bool> Wait(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (_lock)
            {
                if (IsWorking && hasPolicy())
                {
                    return true;
                }

                if (IsEnd(_directive))
                {
                    return false;
                }

                next = _directive == RunDirective.Pause ? _work.Task : _firstPolicy.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    private static bool IsEnd(RunDirective directive) => directive is RunDirective.Stop or RunDirective.Superseded;

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
