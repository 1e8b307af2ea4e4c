using System.Globalization;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>The initial state of a run: that of a checkpoint, or empty without one.</summary>
public static class Resuming
{
    /// <summary>Refuses a checkpoint of another network.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="checkpoint">The checkpoint; null is accepted.</param>
    /// <param name="path">What the message calls it.</param>
    /// <exception cref="InvalidOptionException">The networks differ.</exception>
    public static void Check(RunPlan plan, Checkpoint? checkpoint, string? path)
    {
        if (checkpoint is not null && !checkpoint.Network.Spec.Equals(plan.Network))
        {
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: the checkpoint's network is {checkpoint.Network.Spec}, but {plan.Environment.Id} with network.hidden {string.Join(',', plan.Options.Network.Hidden)} needs {plan.Network}: a resumed run keeps its environment and network"));
        }
    }

    /// <summary>The network to train: with the checkpoint's state, or with the run's initial parameters.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="checkpoint">The checkpoint; null starts anew.</param>
    /// <param name="path">Where the checkpoint came from, for the message.</param>
    /// <param name="create">Creates the network; null for the managed backend's.</param>
    /// <exception cref="InvalidOptionException">The checkpoint is of another network.</exception>
    /// <exception cref="KreweException">The backend has no such device here, or not enough memory on it.</exception>
    public static ITrainableQNetwork Network(RunPlan plan, Checkpoint? checkpoint, string? path, CreateNetwork? create)
    {
        Check(plan, checkpoint, path);
        Pcg64 random = RandomStreams.Create(plan.Options.Run.Seed, RandomStream.Network);
        ITrainableQNetwork network =
            create?.Invoke(plan.Network, plan.Options.Learner, random) ?? new MlpQNetwork(plan.Network, plan.Options.Learner, random);
        if (checkpoint is not null)
        {
            network.WriteState(checkpoint.Network);
        }

        return network;
    }

    /// <summary>Refuses a run that has nothing left to do.</summary>
    /// <param name="options">The options in effect.</param>
    /// <param name="checkpoint">The checkpoint to resume from.</param>
    /// <param name="path">The run's folder, for the message.</param>
    /// <exception cref="InvalidOptionException">All steps of the run are done, or it was to end when it is solved and is.</exception>
    public static void CheckUnfinished(TrainingOptions options, Checkpoint checkpoint, string path)
    {
        if (checkpoint.EnvironmentSteps >= options.Run.Steps)
        {
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"--resume {path}: nothing is left to do: {checkpoint.EnvironmentSteps} of {options.Run.Steps} steps are done; to continue, pass --steps N with N above {checkpoint.EnvironmentSteps}"));
        }

        if (options.Run.UntilSolved && checkpoint.Solved is { } solved)
        {
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"--resume {path}: nothing is left to do: run.until_solved is set, and the run was solved at step {solved.Step}; to continue, pass --set run.until_solved=false"));
        }
    }

    /// <summary>The run's counters.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="checkpoint">The checkpoint; null for a new run.</param>
    public static RunCounters Counters(RunPlan plan, Checkpoint? checkpoint) => new()
    {
        Budget = plan.Options.Run.Steps,
        EnvironmentSteps = checkpoint?.EnvironmentSteps ?? 0,
        Updates = checkpoint?.Updates ?? 0,
        Episodes = checkpoint?.Episodes ?? 0,
    };

    /// <summary>
    /// The state of an actor's exploration stream. One that the checkpoint does not hold, of a run that had fewer actors or was on a cluster,
    /// is drawn anew, so that it does not repeat the beginning of the run.
    /// </summary>
    /// <param name="plan">The run.</param>
    /// <param name="checkpoint">The checkpoint; null for a new run.</param>
    /// <param name="actor">The index of the actor.</param>
    public static Pcg64State ActorRandom(RunPlan plan, Checkpoint? checkpoint, int actor) => actor < checkpoint?.ActorRandom.Count
        ? checkpoint.ActorRandom[actor]
        : RandomStreams.Create(plan.Options.Run.Seed + (checkpoint?.EnvironmentSteps ?? 0), RandomStream.Exploration, actor).State;

    /// <summary>The run's evaluations.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="checkpoint">The checkpoint; null for a new run.</param>
    /// <param name="folder">The run's folder, whose best network may be newer than the checkpoint; null for none.</param>
    /// <param name="warn">Receives the reason why a damaged best checkpoint was refused.</param>
    public static EvaluationTracker Evaluations(RunPlan plan, Checkpoint? checkpoint, RunFolder? folder, Action<string> warn)
    {
        // A run that was killed has a last checkpoint from before its best network: a worse one must not replace it.
        Checkpoint? best = checkpoint is null || folder is null ? null : CheckpointFolder.TryRead(folder.Best, warn);
        bool isNewer = best?.EvaluationMean > (checkpoint?.BestMean ?? double.NegativeInfinity);
        SolvedAt? solved = checkpoint?.Solved ?? (isNewer ? best!.Solved : null);
        return new EvaluationTracker(
            plan.Options.Evaluation.Interval,
            plan.Environment.RewardThreshold,
            checkpoint?.EnvironmentSteps ?? 0,
            isNewer ? best!.EvaluationMean : checkpoint?.BestMean,
            solved is null ? null : (solved.Seconds, solved.Step));
    }
}
