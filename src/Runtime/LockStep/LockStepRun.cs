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
    /// <param name="turn">Whose turn it is; null starts with the first actor.</param>
    public static void Run(
        IReadOnlyList<ILockStepActor> actors, Action completeAppends, ILearner learner, RunRecord record, RunStop stop, LockStepTurn? turn = null)
    {
        turn ??= new LockStepTurn();
        if (turn.IsLearning)
        {
            Learn(actors, learner, record, stop, turn);
        }

        int without = 0;
        while (without < actors.Count && !stop.IsRequested)
        {
            ILockStepActor actor = actors[turn.NextActor];
            bool any = actor.Collect();
            if (stop.IsAbandoned)
            {
                // The run has ended without this thread, which must do nothing more.
                return;
            }

            turn.NextActor = (turn.NextActor + 1) % actors.Count;
            without = any ? 0 : without + 1;
            if (any)
            {
                // Also after a stop: the rollout is complete, and a resumed run continues behind it.
                Push(actor, learner);
                Learn(actors, learner, record, stop, turn);
            }
        }

        completeAppends();
        if (!stop.IsRequested)
        {
            Learn(actors, learner, record, stop, turn);
        }
    }

    private static void Push(ILockStepActor actor, ILearner learner)
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

    private static void Learn(IReadOnlyList<ILockStepActor> actors, ILearner learner, RunRecord record, RunStop stop, LockStepTurn turn)
    {
        turn.IsLearning = true;
        while (!stop.IsRequested)
        {
            DueWork? due = turn.IsEvaluating ? record.MakeDue(evaluate: true, save: false) : record.TakeDue();
            if (due?.Evaluate == true)
            {
                turn.IsEvaluating = true;
                record.Do(due with { Save = false });
                turn.IsEvaluating = false;
            }

            if (stop.IsRequested)
            {
                return;
            }

            // After the evaluation of the same step: a run that is resumed from the checkpoint does not repeat it.
            if (due?.Save == true)
            {
                foreach (ILockStepActor actor in actors)
                {
                    actor.EndUnsavableEpisodes();
                }

                record.Do(due with { Evaluate = false });
            }

            if (learner.Step(TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
            {
                break;
            }
        }

        turn.IsLearning = stop.IsRequested;
    }
}
