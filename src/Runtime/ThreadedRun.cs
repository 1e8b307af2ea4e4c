using Krewe.Actors;
using Krewe.Contracts;


namespace Krewe.Runtime;

/// <summary>Runs actors and learner side by side: a thread an actor, one for the learner, one for evaluations and checkpoints.</summary>
internal static class ThreadedRun
{
    public static void Run(TrainingParts parts, RunRecord record, RunStop stop)
    {
        using var background = new BackgroundWorker<DueWork>("krewe-evaluation", due => stop.Guard(() => record.Do(due)));
        Thread[] actors = [.. parts.Actors.Select(actor => Start($"krewe-actor-{actor.ActorId}", stop, () => Act(actor, stop)))];
        Thread learner = Start("krewe-learner", stop, () => LearnerWork.Run(parts.Learner, record, background, stop));
        foreach (Thread thread in actors)
        {
            thread.Join();
        }

        // The learner still owes the updates of what was inserted last.
        parts.Replay.CompleteAppends();
        learner.Join();
    }

    private static void Act(ActorLoop actor, RunStop stop)
    {
        while (!stop.IsRequested && actor.Collect())
        {
            if (actor.Push(Timeout.InfiniteTimeSpan, stop.Token) == AppendStatus.Closed)
            {
                return;
            }
        }
    }

    private static Thread Start(string name, RunStop stop, Action body)
    {
        var thread = new Thread(() => stop.Guard(body)) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }
}
