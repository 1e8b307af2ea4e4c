using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>
/// Runs actors and learner in turns on one thread: each actor pushes a rollout, then the learner does all updates that the rate limiter
/// allows. The order of all operations depends only on the options and the seed.
/// </summary>
public static class LockStepRun
{
    /// <summary>Runs until the actors' budget of steps is spent or the run stops.</summary>
    /// <param name="actors">The actors, in order.</param>
    /// <param name="completeAppends">Tells replay that there will be no more appends.</param>
    /// <param name="learner">The learner.</param>
    /// <param name="record">Determines and does the due work.</param>
    /// <param name="stop">Stops the run.</param>
    public static void Run(
        IReadOnlyList<ILockStepActor> actors, Action completeAppends, LearnerLoop learner, RunRecord record, RunStop stop)
    {
        bool any = true;
        while (any)
        {
            any = false;
            foreach (ILockStepActor actor in actors)
            {
                // A rollout that ends after the stop was abandoned in an environment: this thread must do nothing more.
                if (!stop.IsRequested && actor.Collect() && !stop.IsRequested)
                {
                    any = true;
                    Push(actor, learner);
                    Learn(learner, record, stop);
                }
            }
        }

        completeAppends();
        if (!stop.IsRequested)
        {
            Learn(learner, record, stop);
        }
    }

    private static void Push(ILockStepActor actor, LearnerLoop learner)
    {
        while (actor.Push(TimeSpan.Zero, CancellationToken.None) == AppendStatus.RateLimited)
        {
            // The limiter's error buffer guarantees that one of the two sides can always continue.
            if (learner.Step(TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
            {
                throw new UnreachableException("replay blocks both actors and learner");
            }
        }
    }

    private static void Learn(LearnerLoop learner, RunRecord record, RunStop stop)
    {
        while (!stop.IsRequested)
        {
            if (record.TakeDue() is { } due)
            {
                record.Do(due);
            }

            if (stop.IsRequested || learner.Step(TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
            {
                return;
            }
        }
    }
}
