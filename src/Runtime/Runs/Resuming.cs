using System.Globalization;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Runtime;

/// <summary>The initial state of a run: that of a checkpoint, or empty without one.</summary>
public static class Resuming
{
    /// <summary>Throws if a checkpoint belongs to another network, or lacks the average that the run asks for.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="checkpoint">The checkpoint; null is accepted.</param>
    /// <param name="path">What the message calls it.</param>
    /// <exception cref="InvalidOptionException">The networks differ, or there is no average.</exception>
    public static void Check(RunPlan plan, Checkpoint? checkpoint, string? path)
    {
        if (checkpoint is not null && checkpoint.Options.Agent.Kind != plan.Agent.Kind)
        {
            throw new InvalidOptionException(
                $"{path}: the checkpoint is of agent.kind {checkpoint.Options.Agent.Kind}, this run is of {plan.Agent.Kind}: a resumed run keeps its agent");
        }

        if (checkpoint is not null && !checkpoint.State.Policy.Equals(plan.Policy))
        {
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: the checkpoint's network is {checkpoint.State.Policy}, but {plan.Environment.Id} with agent.kind {plan.Agent.Kind} and network.hidden {string.Join(',', plan.Options.Network.Hidden)} needs {plan.Policy}: a resumed run keeps its environment, agent and network"));
        }

        if (checkpoint is { Options.Learner.AverageTau: 0 } && plan.Options.Learner.AverageTau > 0)
        {
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: learner.average_tau is {plan.Options.Learner.AverageTau}, but the checkpoint has no average of its network: expected 0, with which it was trained"));
        }
    }

    /// <summary>Creates networks to train, with the run's initial parameters.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="create">Creates a network; null for the managed backend's.</param>
    /// <returns>A function that throws <see cref="KreweException"/> when the backend has no such device here, or not enough memory on it.</returns>
    internal static Func<NetworkSpec, INetwork> CreateNetwork(RunPlan plan, CreateNetwork? create)
    {
        // One stream for all networks of a learner: each draws where the one before it ended.
        Pcg64 random = RandomStreams.Create(plan.Options.Run.Seed, RandomStream.Network);
        return spec => create?.Invoke(spec, plan.Options.Learner, random) ?? new MlpNetwork(spec, plan.Options.Learner, random);
    }

    /// <summary>Throws if a run has nothing left to do.</summary>
    /// <param name="options">The options in effect.</param>
    /// <param name="checkpoint">The checkpoint to resume from.</param>
    /// <param name="path">The run's folder, for the message.</param>
    /// <exception cref="InvalidOptionException">All steps of the run are done, or <see cref="RunOptions.UntilSolved"/> is set and it is solved.</exception>
    public static void CheckUnfinished(TrainingOptions options, Checkpoint checkpoint, string path)
    {
        // A run that was killed after its last step may have updates left. One that is now to be shorter than it already is has nothing to do.
        if (checkpoint.EnvironmentSteps >= options.Run.Steps && (checkpoint.IsComplete != false || options.Run.Steps < checkpoint.Options.Run.Steps))
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
    /// The state of an actor's exploration stream. If the checkpoint does not contain it, because its run had fewer actors or was on a
    /// cluster, a new one is drawn, so that the stream does not repeat the beginning of the run.
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
    /// <param name="warn">Receives a warning about a damaged best checkpoint.</param>
    public static EvaluationTracker Evaluations(RunPlan plan, Checkpoint? checkpoint, RunFolder? folder, Action<string> warn)
    {
        // The best mean is that of the network in the folder. The last checkpoint of a killed run may be older than it, and one that is
        // damaged has given way to an earlier one.
        Checkpoint? best = checkpoint is null || folder is null ? null : CheckpointFolder.TryRead(folder.Best, warn);
        bool isNewer = best?.EvaluationMean > (checkpoint?.BestMean ?? double.NegativeInfinity);

        // A best network from behind the checkpoint solves the run again, which may be waiting for that.
        SolvedAt? solved = checkpoint?.Solved ?? (isNewer && best!.Solved?.Step <= checkpoint!.EnvironmentSteps ? best.Solved : null);
        return new EvaluationTracker(
            plan.Options.Evaluation.Interval,
            plan.Environment.RewardThreshold,
            checkpoint?.EnvironmentSteps ?? 0,
            folder is null || isNewer ? checkpoint?.BestMean : best?.EvaluationMean,
            folder is null ? checkpoint?.BestMean : best?.EvaluationMean,
            solved is null ? null : (solved.Seconds, solved.Step));
    }
}
