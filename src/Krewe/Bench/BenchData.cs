using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>Experience for benchmarks: CartPole-shaped, with random but plausible values.</summary>
internal static class BenchData
{
    public const int SegmentLength = 32;
    public const int SegmentsPerBatch = 16;

    public static SegmentSpec CartPole { get; } = new(ElementType.Float32, observationLength: 4, actionCount: 2);

    /// <summary>A batch of whole segments; every second one ends an episode.</summary>
    public static SegmentBatch Batch()
    {
        var random = new Pcg64(1);
        int slots = SegmentsPerBatch * (SegmentLength + 1);
        var batch = new SegmentBatch(CartPole, slots);
        batch.Start(actorId: 0, policyVersion: 0, sequence: 0, slots);
        batch.StepCount = SegmentsPerBatch * SegmentLength;
        Span<float> observations = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(batch.Observations);
        for (int i = 0; i < observations.Length; i++)
        {
            observations[i] = random.NextSingle() - 0.5f;
        }

        for (int slot = 0; slot < slots; slot++)
        {
            int t = slot % (SegmentLength + 1);
            bool final = t == SegmentLength;
            bool ends = t == SegmentLength - 1 && slot / (SegmentLength + 1) % 2 == 0;
            batch.Actions[slot] = final ? 0 : random.NextInt(2);
            batch.Rewards[slot] = final ? 0 : 1;
            batch.Probabilities[slot] = final ? 0 : 0.5f;
            batch.Flags[slot] = final ? SlotFlags.Final : ends ? SlotFlags.Terminated : SlotFlags.None;
        }

        return batch;
    }

    /// <summary>The state of an actor's exploration stream at the start of a run with seed 0.</summary>
    public static Pcg64State ActorRandom(int actorId) => RandomStreams.Create(seed: 0, RandomStream.Exploration, actorId).State;

    /// <summary>Replay without a rate limit.</summary>
    public static ShardedReplay Replay(int capacity, int nStep, int batchSize, bool paced = false, double priorityExponent = 0)
    {
        var options = new ReplayOptions
        {
            Capacity = capacity,
            NStep = nStep,
            PriorityExponent = priorityExponent,
            MinSize = paced ? 1 : 1_000_000_000_000_000,
            SamplesPerInsert = 1,
            ErrorBuffer = paced ? 1e15 : 0,
        };
        return ShardedReplay.Create(CartPole, options, ReplaySelector.For(options), discount: 0.99, SegmentsPerBatch * SegmentLength, batchSize, seed: 0);
    }

    /// <summary>
    /// Replay full of the experience of a random policy on CartPole, without a rate limit. Real experience matters: the learner's speed
    /// depends on how many units are active.
    /// </summary>
    public static ShardedReplay FullReplay(int capacity, int nStep, int batchSize, double priorityExponent = 0)
    {
        const int Environments = 16;
        ShardedReplay replay = Replay(capacity, nStep, batchSize, paced: true, priorityExponent);
        var options = new TrainingOptions
        {
            Run = { Steps = capacity },
            Actor = { Environments = Environments, SegmentLength = SegmentLength, Epsilon = Schedule.Constant(1) },
        };
        var spec = new NetworkSpec(CartPole.ElementType, CartPole.ObservationLength, CartPole.ObservationLength, hidden: [], CartPole.ActionCount);
        var policies = new PolicyBoard(spec);
        policies.Publish(0, new float[spec.ParameterCount]);
        using var actor = new ActorLoop(
            actorId: 0,
            options.Actor,
            EnvironmentRegistry.CreateDefault().MakeVector("CartPole-v1", Environments),
            replay,
            policies,
            new RunCounters { Budget = options.Run.Steps },
            new EpisodeTracker(),
            ActorRandom(actorId: 0));
        while (actor.Collect())
        {
            actor.Push(TimeSpan.Zero, CancellationToken.None);
        }

        return replay;
    }

    /// <summary>The agent of runs that name none, or the first whose network has another head.</summary>
    /// <param name="head">The kind of its head.</param>
    public static GradientAgent Agent(HeadKind head)
    {
        EnvironmentSpec environment = EnvironmentRegistry.CreateDefault().GetSpec("CartPole-v1");
        return LearningAgents.All.OrderBy(agent => agent.Kind != LearningAgents.Default).OfType<GradientAgent>().First(agent =>
            agent.Plan(environment, new NetworkArchitecture([]), agent.CreateOptions()).Policy is NetworkSpec network && network.Head.Kind == head);
    }
}
