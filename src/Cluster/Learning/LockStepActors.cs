using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>The actors of a run in lock step, driven by the learner's thread: the same order of the same steps as in one process.</summary>
internal sealed class LockStepActors
{
    private readonly RunCounters _counters;
    private readonly EpisodeTracker _episodes = new();
    private readonly RemoteActor[] _actors;

    public LockStepActors(
        string runId, RunPlan plan, IGrainFactory grains, IExperience experience, RunCounters counters, PolicyBroadcaster policies, Checkpoint? resume, CancellationToken cancellationToken)
    {
        _counters = counters;
        Policies = new FlushedPolicies(policies, cancellationToken);
        _actors = new RemoteActor[plan.Options.Actor.Count];
        for (int i = 0; i < _actors.Length; i++)
        {
            _actors[i] = new RemoteActor(
                this, grains.GetGrain<IActorGrain>(i, runId), experience, plan.LargestAppend, Resuming.ActorRandom(plan, resume, i), cancellationToken);
        }
    }

    /// <summary>Called before each rollout; may block to pause the run.</summary>
    public Action? BetweenRollouts { get; set; }

    /// <summary>The actors, in order.</summary>
    public IReadOnlyList<ILockStepActor> Actors => _actors;

    /// <summary>Where the learner publishes; returns when every actor silo has the policy.</summary>
    public IPolicySink Policies { get; }

    /// <summary>State of each actor's random stream.</summary>
    public IReadOnlyList<Pcg64State> RandomStates => [.. _actors.Select(actor => actor.RandomState)];

    /// <summary>Mean return of the last 100 episodes.</summary>
    public double? MeanReturn => _episodes.Mean()?.Return;

    /// <summary>Epsilon of the first actor.</summary>
    public double Epsilon => _actors[0].Epsilon;

    private sealed class RemoteActor(
        LockStepActors owner, IActorGrain grain, IExperience experience, int largestAppend, Pcg64State random, CancellationToken cancellationToken) : ILockStepActor
    {
        private ActorRollout? _rollout;

        public Pcg64State RandomState { get; private set; } = random;

        public double Epsilon { get; private set; } = 1;

        public bool Collect()
        {
            owner.BetweenRollouts?.Invoke();
            cancellationToken.ThrowIfCancellationRequested();
            long granted = owner._counters.Claim(largestAppend, out long start);
            if (granted == 0)
            {
                return false;
            }

            ActorRollout rollout = grain.Collect(start, start + granted, RandomState).WaitAsync(cancellationToken).GetAwaiter().GetResult();
            owner._counters.AddEnvironmentSteps(rollout.Batch.StepCount);
            owner._counters.AddEpisodes(rollout.Episodes);
            owner._episodes.Add(rollout.Returns, rollout.Lengths);
            (RandomState, Epsilon, _rollout) = (rollout.RandomState, rollout.Epsilon, rollout);
            return true;
        }

        public AppendStatus Push(TimeSpan timeout, CancellationToken cancellation) => experience.Append(_rollout!.Batch, timeout, cancellation);
    }

    private sealed class FlushedPolicies(PolicyBroadcaster policies, CancellationToken cancellationToken) : IPolicySink
    {
        public bool Publish(long version, ReadOnlySpan<float> parameters)
        {
            bool newest = policies.Publish(version, parameters);
            policies.Flush(cancellationToken).GetAwaiter().GetResult();
            return newest;
        }

        public bool Publish(long version, IParameterSource parameters)
        {
            bool newest = policies.Publish(version, parameters);
            policies.Flush(cancellationToken).GetAwaiter().GetResult();
            return newest;
        }
    }
}
