using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>Runs actors and learner concurrently: one thread per actor, one for the learner, one for evaluations and checkpoints.</summary>
internal static class ThreadedRun
{
    public static void Run(TrainingParts parts, LearnerParts learning, RunStop stop, RunThreads threads)
    {
        Task[] actors = [.. parts.Actors.Select(actor => threads.Start($"krewe-actor-{actor.Loop.ActorId}", () => Act(actor, stop)))];
        Task learner = threads.Start("krewe-learner", () => learning.Learn());
        threads.Join(actors);

        // The learner still has to do the updates for the last insertions.
        parts.Experience.CompleteAppends();
        learner.Wait();
    }

    private static void Act(LocalActor actor, RunStop stop)
    {
        while (actor.Collect())
        {
            if (actor.Push(Timeout.InfiniteTimeSpan, stop.Token) == AppendStatus.Closed)
            {
                return;
            }
        }
    }
}
