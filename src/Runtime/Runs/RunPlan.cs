using System.Globalization;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;

namespace Krewe.Runtime;

/// <summary>The validated options of a run and the shapes derived from them, before anything of the run is created.</summary>
public sealed class RunPlan
{
    /// <summary>
    /// Copies of the parameters for learning and evaluation: online, target, an average if there is one, two moments, the evaluators', and for each thread the gradient
    /// and transposed weights.
    /// </summary>
    public int LearnerNetworkCopies => (Options.Learner.AverageTau > 0 ? 7 : 6) + (2 * Options.Learner.Threads);

    /// <summary>Copies of the parameters in a policy shared by actors, at most: as published, and in the kernels' layout.</summary>
    public const int PolicyNetworkCopies = 2;

    private RunPlan(TrainingOptions options, EnvironmentSpec environment)
    {
        Options = options;
        Environment = environment;
        Agent = LearningAgents.Get(options.Agent.Kind);
        AgentOptions = options.Agent.Of(Agent.Kind);
        AgentPlan plan = PlanAgent(options, environment);
        (Policy, Feed) = (plan.Policy, plan.Feed);
        Segments = new SegmentSpec(environment.ObservationSpace, environment.ActionSpace);
        Selector = plan.Selector ?? ReplaySelector.For(options.Replay);
        InitialPriorities = Selector.UsesPriorities && plan.PrioritiesAreErrors ? new InitialPriorities(options.Replay.NStep, options.Learner.Discount) : null;
        if (plan.Selector is not null && options.Replay.PriorityExponent > 0)
        {
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"replay.priority_exponent {options.Replay.PriorityExponent}: agent.kind {Agent.Kind} says itself how transitions are selected, expected 0: leave it out, or set it to 0 where the preset has another value"));
        }
    }

    /// <summary>The options; must not be changed.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The agent that learns.</summary>
    public ILearningAgent Agent { get; }

    /// <summary>The agent's own options; null when it has none.</summary>
    public object? AgentOptions { get; }

    /// <summary>The specification of the environment.</summary>
    public EnvironmentSpec Environment { get; }

    /// <summary>What policies are made of.</summary>
    public PolicySpec Policy { get; }

    /// <summary>What the learner is fed.</summary>
    public FeedKind Feed { get; }

    /// <summary>The layout of a replay slot.</summary>
    public SegmentSpec Segments { get; }

    /// <summary>How replay selects transitions.</summary>
    public ReplaySelector Selector { get; }

    /// <summary>How actors give transitions initial priorities; null if they do not.</summary>
    public InitialPriorities? InitialPriorities { get; }

    /// <summary>Steps in the largest append: a full rollout of one actor.</summary>
    public int LargestAppend => Options.Actor.Environments * Options.Actor.SegmentLength;

    /// <summary>Slots of the largest append: the steps and, if every step ends an episode, as many final observations.</summary>
    public int RolloutSlots => (2 * LargestAppend) + Options.Actor.Environments;

    /// <summary>Slots of all shards: those of replay, or of the queue of rollouts in its place.</summary>
    public long Slots => Feed == FeedKind.Rollouts ? (long)RolloutQueue.Capacity * RolloutSlots : Options.Replay.Capacity;

    /// <summary>Creates a plan.</summary>
    /// <param name="options">The options; validated here.</param>
    /// <param name="registry">Creates the environment.</param>
    /// <exception cref="InvalidOptionException">The options contradict each other or do not match the environment.</exception>
    public static RunPlan Create(TrainingOptions options, EnvironmentRegistry registry)
    {
        OptionValidator.Validate(options);
        if (OptionSchema.All.Any(option => option.Get(options) is Schedule { Fraction: > 0 }))
        {
            // New objects: run.steps may have been set after the schedules.
            options = new OptionBinder(options).Bind();
        }

        EnvironmentSpec environment = registry.GetSpec(options.Environment.Id, options.Environment.Kwargs);
        if (options.Run.UntilSolved && environment.RewardThreshold is null)
        {
            throw new InvalidOptionException(
                $"run.until_solved (--until-solved): {environment.Id} has no reward threshold, so that no evaluation can solve it: give one with --set environment.kwargs.reward_threshold=X, or train for --steps N without it (an environment of your own declares its RewardThreshold)");
        }

        var plan = new RunPlan(options, environment);
        plan.CheckRollouts();
        return plan;
    }

    /// <summary>Bytes that replay needs.</summary>
    /// <param name="slots">Its slots.</param>
    public long ReplayBytes(long slots) => slots * (Segments.SlotBytes + Selector.SlotBytes);

    /// <summary>Bytes that copies of the network's parameters need.</summary>
    /// <param name="copies">Number of copies.</param>
    public long NetworkBytes(int copies) => (long)sizeof(float) * Policy.ParameterCount * copies;

    /// <summary>Throws if the run does not fit into this process's memory, before anything is allocated.</summary>
    /// <param name="replaySlots">Number of replay slots in this process; <see cref="Slots"/> if the run is in one process.</param>
    /// <param name="networkCopies">Number of copies of the network's parameters in this process.</param>
    /// <exception cref="InvalidOptionException">The run does not fit.</exception>
    public void CheckMemory(long replaySlots, int networkCopies)
    {
        const double Giga = 1e9;
        long network = NetworkBytes(networkCopies);
        long replay = ReplayBytes(replaySlots);
        double available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if ((double)network + replay > available)
        {
            string part = replaySlots == Slots ? "" : string.Create(CultureInfo.InvariantCulture, $" ({replaySlots} of it here)");
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"not enough memory for {Environment.Id}: replay.capacity {Options.Replay.Capacity}{part} needs {replay / Giga:F1} GB ({ReplayBytes(slots: 1)} bytes per slot) and network.hidden {string.Join(',', Options.Network.Hidden)} {network / Giga:F1} GB, {available / Giga:F1} GB are available: lower one of them"));
        }
    }

    /// <summary>Asks the agent of a run for its plan.</summary>
    /// <param name="options">The options.</param>
    /// <param name="environment">The environment.</param>
    /// <exception cref="InvalidOptionException">The network is too large or does not fit the environment, or the agent failed.</exception>
    public static AgentPlan PlanAgent(TrainingOptions options, EnvironmentSpec environment)
    {
        try
        {
            return LearningAgents.Get(options.Agent.Kind).Plan(environment, options.Network.ToArchitecture(), options.Agent.Of(options.Agent.Kind))
                ?? throw new InvalidOperationException("it is null");
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidOptionException(
                $"network.hidden {string.Join(',', options.Network.Hidden)}: too large a network for {environment.Id}, its parameters do not fit into one array", e);
        }
        catch (ArgumentException e) when (!options.Network.Convolutions.IsEmpty)
        {
            throw new InvalidOptionException($"network.convolutions {string.Join(',', options.Network.Convolutions)} for {environment.Id}: {e.Message}", e);
        }
        catch (Exception e) when (e is not KreweException)
        {
            throw new InvalidOptionException($"agent.kind {options.Agent.Kind}: its plan for {environment.Id} failed: {e.GetType().Name}: {e.Message}", e);
        }
    }

    private void CheckRollouts()
    {
        if (Feed != FeedKind.Rollouts)
        {
            return;
        }

        if (Options.Replay.Shards > 1)
        {
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"replay.shards {Options.Replay.Shards}: the rollouts of agent.kind {Agent.Kind} wait in one queue, which keeps their order, expected 1"));
        }

        if (Options.Run.SaveReplay)
        {
            throw new InvalidOptionException($"run.save_replay: agent.kind {Agent.Kind} learns from rollouts and has no replay: leave it out");
        }
    }
}
