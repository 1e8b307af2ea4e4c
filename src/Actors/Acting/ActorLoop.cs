using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Actors;

/// <summary>
/// One actor: steps its environments for one rollout (a full segment in each), then pushes the segments to replay and
/// takes the newest policy. It has no thread of its own: the host alternates <see cref="Collect()"/> and <see cref="Push"/> on a dedicated
/// thread, or calls <see cref="Collect(TimeSpan)"/> for a bounded time and sends <see cref="Batch"/> itself. Not thread-safe except where
/// stated.
/// </summary>
public sealed class ActorLoop : IDisposable
{
    private readonly IVectorEnvironment _environments;
    private readonly IExperience _experience;
    private readonly IBehaviour _behaviour;
    private readonly RunCounters _counters;
    private readonly EpisodeTracker _episodes;
    private readonly EpisodeCounter _episodeCounter;
    private readonly RolloutBuffer _rollout;
    private readonly Pcg64 _random;
    private readonly Lock _randomStateLock = new();
    private Pcg64State _randomState;
    private readonly int _segmentLength;
    private readonly CallClock _call = new();

    private readonly int _count;
    private readonly byte[] _actions;
    private readonly float[] _probabilities;
    private readonly byte[] _greedy;
    private readonly float[] _rewards;
    private readonly byte[] _terminated;
    private readonly byte[] _truncated;
    private readonly byte[] _finalObservations;
    private byte[] _observations;
    private byte[] _nextObservations;

    private long _policyVersion = -1;
    private long _sequence;
    private bool _started;

    // The rollout being collected: the number of steps of the run before it, and its vector steps taken and planned. The last two are zero
    // between rollouts.
    private long _rolloutStart;
    private int _rolloutSteps;
    private int _rolloutLength;
    private bool _pending;

    /// <summary>Creates an actor. It owns and disposes its environments and its behaviour.</summary>
    /// <param name="actorId">The index of the actor, from 0.</param>
    /// <param name="options">The options of the actors.</param>
    /// <param name="environments">The environments to step.</param>
    /// <param name="experience">Receives the segments: replay, or a queue of rollouts.</param>
    /// <param name="policies">Provides the policies; the first must be published before <see cref="Collect()"/>.</param>
    /// <param name="counters">The run's counters, from which steps are claimed.</param>
    /// <param name="episodes">Receives the completed episodes.</param>
    /// <param name="randomState">The state of its exploration stream, initial or from a checkpoint.</param>
    /// <param name="firstSequence">
    /// Sequence number of the first batch, not negative. A recreated actor must not repeat numbers, or replay discards its batches as
    /// duplicates.
    /// </param>
    /// <param name="agent">The kind of the agent; null acts epsilon-greedily.</param>
    /// <param name="priorities">
    /// How transitions get initial priorities; null for none. Has no effect when the agent's behaviour knows no values.
    /// </param>
    public ActorLoop(
        int actorId,
        ActorOptions options,
        IVectorEnvironment environments,
        IExperience experience,
        IPolicySource policies,
        RunCounters counters,
        EpisodeTracker episodes,
        Pcg64State randomState,
        long firstSequence = 0,
        string? agent = null,
        InitialPriorities? priorities = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstSequence);
        ActorId = actorId;
        _environments = environments;
        _experience = experience;
        _counters = counters;
        _episodes = episodes;
        _sequence = firstSequence;
        _segmentLength = options.SegmentLength;
        _random = new Pcg64(randomState);
        _randomState = randomState;

        int count = _count = environments.Count;
        SegmentSpec spec;
        try
        {
            spec = new SegmentSpec(environments.ObservationSpace, environments.ActionSpace);
            _behaviour = ActingAgents.Create(agent ?? "", new ActingContext(actorId, options, spec, count, policies, _random)
            {
                ActionSpace = environments.ActionSpace,
                NeedsValues = priorities is not null,
            });
        }
        catch
        {
            environments.Dispose();
            throw;
        }

        _rollout = new RolloutBuffer(spec, count, _segmentLength);
        if (priorities is not null && _behaviour is IValueBehaviour values)
        {
            _rollout.Priorities = new RolloutPriorities(priorities, values, count, _rollout.Slots, spec.ObservationBytes);
        }

        _actions = new byte[count * spec.ActionBytes];
        _probabilities = new float[count];
        _greedy = new byte[count];
        _rewards = new float[count];
        _terminated = new byte[count];
        _truncated = new byte[count];
        _finalObservations = GC.AllocateArray<byte>(count * spec.ObservationBytes, pinned: true);
        _observations = GC.AllocateArray<byte>(count * spec.ObservationBytes, pinned: true);
        _nextObservations = GC.AllocateArray<byte>(count * spec.ObservationBytes, pinned: true);
        _episodeCounter = new EpisodeCounter(count, _segmentLength);
    }

    /// <summary>The index of the actor, from 0.</summary>
    public int ActorId { get; }

    /// <summary>Epsilon of the last step, or what the behaviour explores with in its place; 1 before the first.</summary>
    public double Epsilon => _behaviour.Exploration;

    /// <summary>The version of the current policy; -1 before the first. Thread-safe.</summary>
    public long PolicyVersion => Volatile.Read(ref _policyVersion);

    /// <summary>How long the current <see cref="Collect(TimeSpan)"/> has taken; null when there is none. Thread-safe.</summary>
    public TimeSpan? InEnvironments => _call.Elapsed;

    /// <summary>The state of the exploration stream at the end of the last rollout, for a checkpoint. Thread-safe.</summary>
    public Pcg64State RandomState
    {
        get
        {
            lock (_randomStateLock)
            {
                return _randomState;
            }
        }
    }

    /// <summary>
    /// The collected batch that is not yet stored or acknowledged. The actor owns it, and the next rollout overwrites it.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no batch.</exception>
    public SegmentBatch Batch =>
        _pending ? _rollout.Batch : throw new InvalidOperationException($"actor {ActorId} has no batch to push");

    /// <summary>Number of claimed steps that are not acknowledged yet: the steps lost if the actor ends now.</summary>
    public int StepsInHand => _pending ? _rollout.Batch.StepCount : _rolloutLength * _count;

    /// <summary>Steps every environment for one rollout and builds the batch for <see cref="Push"/>.</summary>
    /// <returns>False if there are no steps left to claim; nothing was done.</returns>
    /// <exception cref="InvalidOperationException">The previous batch has not been pushed yet, or no policy has been published.</exception>
    public bool Collect() => Collect(Timeout.InfiniteTimeSpan) == CollectStatus.Complete;

    /// <summary>
    /// Steps the environments for about a quantum, or until the rollout is complete. The quantum does not affect what is collected: steps
    /// are claimed and the policy is taken once, at the start of the rollout.
    /// </summary>
    /// <param name="quantum">
    /// How long to step. Every environment takes at least one step, however short the quantum; an infinite quantum collects the whole
    /// rollout.
    /// </param>
    /// <exception cref="InvalidOperationException">The previous batch has not been pushed yet, or no policy has been published.</exception>
    public CollectStatus Collect(TimeSpan quantum)
    {
        _call.Enter();
        try
        {
            return Step(quantum);
        }
        finally
        {
            _call.Leave();
        }
    }

    /// <summary>Pushes the collected batch to replay; the actor keeps it until it is stored.</summary>
    /// <param name="timeout">The maximum time to wait for the rate limiter; zero does not wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="InvalidOperationException">There is no batch.</exception>
    public AppendStatus Push(TimeSpan timeout, CancellationToken cancellationToken)
    {
        AppendStatus status = _experience.Append(Batch, timeout, cancellationToken);
        if (status != AppendStatus.RateLimited)
        {
            Acknowledge();
        }

        return status;
    }

    /// <summary>Acknowledges that <see cref="Batch"/> was stored or discarded, so that the next rollout can begin.</summary>
    /// <exception cref="InvalidOperationException">There is no batch.</exception>
    public void Acknowledge()
    {
        _ = Batch;
        _pending = false;
    }

    /// <summary>
    /// Whether the actor is between two rollouts, whose batch was acknowledged: only then can it be saved.
    /// </summary>
    public bool IsBetweenRollouts => !_pending && _rolloutLength == 0;

    private IResumableVectorEnvironment? Resumable => _environments is IResumableVectorEnvironment { CanSave: true } resumable ? resumable : null;

    /// <summary>
    /// Prepares for a checkpoint of a deterministic run. If the environments cannot be saved, their episodes end here: the next rollout starts
    /// new ones, in this run as in one that is resumed from the checkpoint.
    /// </summary>
    public void EndUnsavableEpisodes()
    {
        if (Resumable is null)
        {
            _started = false;
            _episodeCounter.Clear();
        }
    }

    /// <summary>
    /// Writes what the next rollouts depend on, except the random stream (<see cref="RandomState"/>) and the behaviour. Episodes of environments
    /// that cannot be saved are not in it.
    /// </summary>
    /// <param name="writer">Receives it.</param>
    /// <exception cref="InvalidOperationException">The actor is not between two rollouts.</exception>
    /// <exception cref="EnvironmentFaultException">An environment cannot read its state.</exception>
    public void Save(BinaryWriter writer)
    {
        if (!IsBetweenRollouts)
        {
            throw new InvalidOperationException($"actor {ActorId} is in the middle of a rollout");
        }

        writer.Write(_sequence);
        IResumableVectorEnvironment? running = _started ? Resumable : null;
        writer.Write(running is not null);
        if (running is not null)
        {
            writer.Write(_observations);
            _episodeCounter.Save(writer);
            running.Save(writer);
        }
    }

    /// <summary>Continues from a saved state, before the first rollout.</summary>
    /// <param name="reader">Where <see cref="Save"/> wrote it; the actor had the same environments.</param>
    /// <exception cref="IOException">The state is incomplete, or that of environments that can be saved, as these cannot.</exception>
    /// <exception cref="EnvironmentFaultException">An environment rejects its state.</exception>
    public void Load(BinaryReader reader)
    {
        _sequence = reader.ReadInt64();
        _started = reader.ReadBoolean();
        if (_started)
        {
            IResumableVectorEnvironment running = Resumable ?? throw new IOException($"actor {ActorId}: its environments cannot be saved, but there is a state of them");
            reader.ReadExactly(_observations);
            _episodeCounter.Load(reader);
            running.Load(reader);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _environments.Dispose();
        _behaviour.Dispose();
    }

    private CollectStatus Step(TimeSpan quantum)
    {
        bool isBounded = quantum != Timeout.InfiniteTimeSpan;
        if (isBounded)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(quantum, TimeSpan.Zero);
        }

        if (_pending)
        {
            throw new InvalidOperationException($"actor {ActorId} has a batch that was not pushed");
        }

        if (_rolloutLength == 0 && !BeginRollout())
        {
            return CollectStatus.Exhausted;
        }

        long began = isBounded ? Environment.TickCount64 : 0;
        while (true)
        {
            StepOnce(_rolloutStart + ((long)_rolloutSteps * _count));
            if (++_rolloutSteps == _rolloutLength)
            {
                EndRollout();
                return CollectStatus.Complete;
            }

            if (isBounded && Environment.TickCount64 - began >= quantum.TotalMilliseconds)
            {
                return CollectStatus.Unfinished;
            }
        }
    }

    private bool BeginRollout()
    {
        long granted = _counters.Claim((long)_count * _segmentLength, out _rolloutStart);
        if (granted == 0)
        {
            return false;
        }

        if (!_started)
        {
            // Drawn from the actor's own stream, so that a resumed run does not repeat its first episodes.
            _environments.Reset(_random.NextUInt64() >> 1, _observations);
            _started = true;
        }

        RefreshPolicy();
        _rollout.Begin();
        _rolloutLength = (int)((granted + _count - 1) / _count);
        return true;
    }

    private void EndRollout()
    {
        int steps = _rolloutLength * _count;
        _rollout.Complete(_observations, ActorId, _policyVersion, _sequence++, steps);
        _counters.AddEnvironmentSteps(steps);
        _episodeCounter.Report(_episodes, _counters);
        lock (_randomStateLock)
        {
            _randomState = _random.State;
        }

        (_rolloutSteps, _rolloutLength) = (0, 0);
        _pending = true;
    }

    private void RefreshPolicy()
    {
        if (_behaviour.Refresh())
        {
            Volatile.Write(ref _policyVersion, _behaviour.PolicyVersion);
        }
        else if (_behaviour.PolicyVersion < 0)
        {
            throw new InvalidOperationException($"actor {ActorId} was started before the first policy was published");
        }
    }

    private void StepOnce(long step)
    {
        _behaviour.Act(_observations, step, _actions, _probabilities, _greedy);
        var result = new VectorStep
        {
            Observations = _nextObservations,
            FinalObservations = _finalObservations,
            Rewards = _rewards,
            Terminated = _terminated,
            Truncated = _truncated,
        };
        _environments.Step(_actions, in result);
        _rollout.Add(_observations, _actions, _probabilities, _greedy, in result);
        _episodeCounter.Add(_rewards, _terminated, _truncated);
        (_observations, _nextObservations) = (_nextObservations, _observations);
    }
}
