using System.Diagnostics;
using Krewe.Actors.Acting;
using Krewe.Contracts.Replay;

namespace Krewe;

/// <summary>
/// Runs actors and learner in turns on one thread: each actor pushes a window, then the learner does all that the rate limiter lets
/// it. The order of everything follows from the options and the seed alone.
/// </summary>
internal static class LockStepRun
{
    public static void Run(TrainingParts parts, RunRecord record, RunStop stop)
    {
        bool any = true;
        while (any)
        {
            any = false;
            foreach (ActorLoop actor in parts.Actors)
            {
                if (!stop.IsRequested && actor.Collect())
                {
                    any = true;
                    Push(actor, parts);
                    Learn(parts, record, stop);
                }
            }
        }

        parts.Replay.CompleteAppends();
        Learn(parts, record, stop);
    }

    private static void Push(ActorLoop actor, TrainingParts parts)
    {
        while (actor.Push(TimeSpan.Zero, CancellationToken.None) == AppendStatus.RateLimited)
        {
            // The limiter's band guarantees that one of the two sides can always go on.
            if (parts.Learner.Step(TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
            {
                throw new UnreachableException("replay lets neither actors nor learner go on");
            }
        }
    }

    private static void Learn(TrainingParts parts, RunRecord record, RunStop stop)
    {
        do
        {
            if (record.TakeDue() is { } due)
            {
                record.Do(due);
            }
        }
        while (!stop.IsRequested && parts.Learner.Step(TimeSpan.Zero, CancellationToken.None) == SampleStatus.Sampled);
    }
}
