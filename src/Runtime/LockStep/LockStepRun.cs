using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>
/// Runs actors and learner in turns on one thread: each actor pushes a window, then the learner does all that the rate limiter lets
/// it. The order of everything follows from the options and the seed alone.
/// </summary>
public static class LockStepRun
{
    /// <summary>Runs until the actors' budget of steps is used up or the run stops.</summary>
    /// <param name="actors">The actors, in their order.</param>
    /// <param name="completeAppends">Tells replay that nothing more comes.</param>
    /// <param name="learner">The learner.</param>
    /// <param name="record">Knows and does what is due.</param>
    /// <param name="stop">Ends the run.</param>
    public static void Run(
        IReadOnlyList<ILockStepActor> actors, Action completeAppends, LearnerLoop learner, RunRecord record, RunStop stop)
    {
        bool any = true;
        while (any)
        {
            any = false;
            foreach (ILockStepActor actor in actors)
            {
                if (!stop.IsRequested && actor.Collect())
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
            // The limiter's band guarantees that one of the two sides can always go on.
            if (learner.Step(TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
            {
                throw new UnreachableException("replay lets neither actors nor learner go on");
            }
        }
    }

    private static void Learn(LearnerLoop learner, RunRecord record, RunStop stop)
    {
        do
        {
            if (record.TakeDue() is { } due)
            {
                record.Do(due);
            }
        }
        while (!stop.IsRequested && learner.Step(TimeSpan.Zero, CancellationToken.None) == SampleStatus.Sampled);
    }
}
