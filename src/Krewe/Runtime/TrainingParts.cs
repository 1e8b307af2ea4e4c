using System.Globalization;
using Krewe.Actors.Acting;
using Krewe.Contracts;
using Krewe.Contracts.Environments;
using Krewe.Contracts.Experience;
using Krewe.Contracts.Networks;
using Krewe.Contracts.Options;
using Krewe.Contracts.Policies;
using Krewe.Contracts.Random;
using Krewe.Contracts.Runs;
using Krewe.Environments;
using Krewe.Learner.Checkpoints;
using Krewe.Learner.Learning;
using Krewe.Learner.Networks;
using Krewe.Replay;

namespace Krewe;

/// <summary>The parts of a run in one process, made from its options and wired together; no logic of their own.</summary>
internal sealed class TrainingParts : IDisposable
{
    public TrainingParts(
        TrainingOptions options, EnvironmentSpec environment, EnvironmentRegistry registry, Checkpoint? resume, string? resumeFrom)
    {
        NetworkSpec = MakeNetworkSpec(options, environment);
        if (resume is not null && !resume.Network.Spec.Equals(NetworkSpec))
        {
            throw new InvalidDataFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{resumeFrom}: the checkpoint's network is {resume.Network.Spec}, {environment.Id} with network.hidden {string.Join(',', options.Network.Hidden)} needs {NetworkSpec}"));
        }

        var segments = new SegmentSpec(environment.ObservationSpace, environment.ActionSpace);
        CheckMemory(options, environment, segments);
        Counters = new RunCounters
        {
            Budget = options.Run.Steps,
            EnvironmentSteps = resume?.EnvironmentSteps ?? 0,
            Updates = resume?.Updates ?? 0,
            Episodes = resume?.Episodes ?? 0,
        };
        Policies = new PolicyBoard(NetworkSpec.ParameterCount);
        Replay = ShardedReplay.Create(
            segments,
            options.Replay,
            options.Learner.Discount,
            largestAppend: options.Actor.Environments * options.Actor.SegmentLength,
            largestSample: options.Learner.BatchSize,
            (ulong)options.Run.Seed);
        if (resume is { ReplayFiles.Count: > 0 })
        {
            ShardedReplayFolder.Load(Replay, resumeFrom!);
        }


        var network = new MlpQNetwork(NetworkSpec, options.Learner, RandomStreams.Create(options.Run.Seed, RandomStream.Network));
        if (resume is not null)
        {
            network.WriteState(resume.Network);
        }

        Learner = new LearnerLoop(
            options.Learner, segments, network, Replay, Policies, Counters, version: resume?.PolicyVersion ?? -1);
        var actors = new ActorLoop[options.Actor.Count];
        for (int i = 0; i < actors.Length; i++)
        {
            // A run resumed with more actors than it had starts the new ones from the seed.
            Pcg64State? random = i < resume?.ActorRandom.Count ? resume.ActorRandom[i] : null;
            actors[i] = new ActorLoop(
                i,
                options,
                registry.MakeVector(options.Environment.Id, options.Actor.Environments, options.Environment.Kwargs),
                Replay,
                Policies,
                new MlpInference(NetworkSpec),
                Counters,
                Episodes,
                random);
        }

        Actors = actors;
    }

    public NetworkSpec NetworkSpec { get; }

    public RunCounters Counters { get; }

    public EpisodeTracker Episodes { get; } = new();

    public PolicyBoard Policies { get; }

    public ShardedReplay Replay { get; }

    public LearnerLoop Learner { get; }

    public IReadOnlyList<ActorLoop> Actors { get; }

    public void Dispose()
    {
        foreach (ActorLoop actor in Actors)
        {
            actor.Dispose();
        }

        Learner.Dispose();
    }

    private static NetworkSpec MakeNetworkSpec(TrainingOptions options, EnvironmentSpec environment)
    {
        try
        {
            return new NetworkSpec(environment.ObservationSpace, options.Network.Hidden, environment.ActionSpace.N);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new InvalidOptionException(
                $"network.hidden {string.Join(',', options.Network.Hidden)}: too large a network for {environment.Id}, its parameters do not fit into one array", e);
        }
    }

    /// <summary>Refuses what cannot fit before anything is allocated: running out of memory later has no good message.</summary>
    private void CheckMemory(TrainingOptions options, EnvironmentSpec environment, SegmentSpec segments)
    {
        const double Giga = 1e9;

        // Online, target, gradient, two moments and transposed weights; each actor and the evaluator have a copy more.
        double network = sizeof(float) * (double)NetworkSpec.ParameterCount * (8 + (2 * options.Actor.Count));
        double replay = (double)options.Replay.Capacity * segments.SlotBytes;
        double available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (network + replay > available)
        {
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"not enough memory for {environment.Id}: replay.capacity {options.Replay.Capacity} needs {replay / Giga:F1} GB ({segments.SlotBytes} bytes a slot) and network.hidden {string.Join(',', options.Network.Hidden)} {network / Giga:F1} GB, {available / Giga:F1} GB are available: lower one of them"));
        }
    }
}
