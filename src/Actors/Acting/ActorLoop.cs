using Krewe.Contracts;
using Krewe.Networks;


namespace Krewe.Actors;

/// <summary>
/// One actor: steps its environments epsilon-greedily for one rollout (a full segment in each), then pushes the segments to replay and
/// takes the newest policy. It never waits by itself: the host calls <see cref="Collect()"/> and <see cref="Push"/> in turn from a thread
/// of its own, or <see cref="Collect(TimeSpan)"/> a bounded piece at a time and sends <see cref="Batch"/> itself. Not thread-safe except
/// where a member says so.
/// </summary>
public sealed class ActorLoop : IDisposable
{
    private readonly IVectorEnvironment _environments;
    private readonly IReplay _replay;
    private readonly IPolicyNetwork _network;
    private readonly RunCounters _counters;
    private readonly EpisodeTracker _episodes;
    private readonly EpisodeCounter _episodeCounter;
    private readonly ExplorationSchedule _exploration;
    private readonly EpsilonGreedyPolicy _policy;
    private readonly RolloutBuffer _rollout;
    private readonly Pcg64 _random;
    private readonly Lock _randomStateLock = new();
    private Pcg64State _randomState;
    private readonly int _segmentLength;
    private readonly CallClock _call = new();

    private readonly int[] _actions;
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

    // The rollout that is being collected: the run's steps before it, vector steps that it has and that it is to have. Zero of both
    // between rollouts.
    private long _windowStart;
    private int _windowSteps;
    private int _windowLength;
    private bool _pending;

    /// <summary>Makes an actor. It owns its environments and disposes them; the policy that it acts with it gives back.</summary>
    /// <param name="actorId">Which actor, from 0.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="environments">The environments that it steps.</param>
    /// <param name="replay">Where segments go.</param>
    /// <param name="policies">Where policies come from; the first must be published before <see cref="Collect()"/>.</param>
    /// <param name="counters">The run's counters, with the steps that may be claimed.</param>
    /// <param name="episodes">Where ended episodes are counted.</param>
    /// <param name="randomState">State of the exploration stream to go on with after a resume; null starts it from the run's seed.</param>
    /// <param name="firstSequence">
    /// Number of its first batch, not negative: an actor that is made again must not repeat numbers, or replay takes its batches for
    /// repetitions.
    /// </param>
    public ActorLoop(
        int actorId,
        TrainingOptions options,
        IVectorEnvironment environments,
        IReplay replay,
        IPolicySource policies,
        RunCounters counters,
        EpisodeTracker episodes,
        Pcg64State? randomState = null,
        long firstSequence = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstSequence);
        ActorId = actorId;
        _environments = environments;
        _replay = replay;
        _network = policies.CreateNetwork();
        _counters = counters;
        _episodes = episodes;
        _sequence = firstSequence;
        _segmentLength = options.Actor.SegmentLength;
        _exploration = new ExplorationSchedule(options.Actor, actorId);
        _random = randomState is { } state ? new Pcg64(state) : RandomStreams.Create(options.Run.Seed, RandomStream.Exploration, actorId);
        _randomState = _random.State;

        int count = environments.Count;
        var spec = new SegmentSpec(environments.ObservationSpace, environments.ActionSpace);
        _policy = new EpsilonGreedyPolicy(_network, count);
        _rollout = new RolloutBuffer(spec, count, _segmentLength);
        _actions = new int[count];
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

    /// <summary>Which actor, from 0.</summary>
    public int ActorId { get; }

    /// <summary>Epsilon of the last rollout.</summary>
    public double Epsilon { get; private set; } = 1;

    /// <summary>The version that acts; any thread may read it.</summary>
    public long PolicyVersion => Volatile.Read(ref _policyVersion);

    /// <summary>How long the current <see cref="Collect(TimeSpan)"/> has taken; null when there is none. Thread-safe.</summary>
    public TimeSpan? InEnvironments => _call.Elapsed;

    /// <summary>State of the exploration stream at the end of the last rollout, for a checkpoint; any thread may read it.</summary>
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

    /// <summary>The collected batch not yet stored or acknowledged; it is the actor's, and the next rollout overwrites it.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public SegmentBatch Batch =>
        _pending ? _rollout.Batch : throw new InvalidOperationException($"actor {ActorId} has no batch to push");

    /// <summary>Steps that it has claimed and that are not acknowledged: what is given up when it ends now.</summary>
    public int StepsInHand => _pending ? _rollout.Batch.StepCount : _windowLength * _actions.Length;

    /// <summary>Steps every environment for one rollout and makes the batch that <see cref="Push"/> then sends.</summary>
    /// <returns>False when there is no step left to claim: nothing was done.</returns>
    /// <exception cref="InvalidOperationException">The batch before has not been pushed yet, or no policy has been published.</exception>
    public bool Collect() => Collect(Timeout.InfiniteTimeSpan) == CollectStatus.Complete;

    /// <summary>
    /// Steps the environments for about a quantum, or until the rollout is full. Where a quantum ends changes nothing of what is collected:
    /// steps are claimed and the policy is taken once, when the rollout begins.
    /// </summary>
    /// <param name="quantum">
    /// How long to step; at least one step of every environment is done, however short it is. Infinite: the whole rollout.
    /// </param>
    /// <exception cref="InvalidOperationException">The batch before has not been pushed yet, or no policy has been published.</exception>
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

    /// <summary>Sends the collected batch; until it is stored the actor keeps it.</summary>
    /// <param name="timeout">How long to wait for the rate limiter at most; zero only tries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">There is no batch.</exception>
    public AppendStatus Push(TimeSpan timeout, CancellationToken cancellationToken)
    {
        AppendStatus status = _replay.Append(Batch, timeout, cancellationToken);
        if (status != AppendStatus.RateLimited)
        {
            Acknowledge();
        }

        return status;
    }

    /// <summary>Says that <see cref="Batch"/> is stored, or given up: the next rollout may begin.</summary>
    /// <exception cref="InvalidOperationException">There is no batch.</exception>
    public void Acknowledge()
    {
        _ = Batch;
        _pending = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _environments.Dispose();
        _network.Dispose();
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

        if (_windowLength == 0 && !BeginRollout())
        {
            return CollectStatus.Exhausted;
        }

        long began = isBounded ? Environment.TickCount64 : 0;
        while (true)
        {
            Epsilon = _exploration.At(_windowStart + ((long)_windowSteps * _actions.Length));
            StepOnce();
            if (++_windowSteps == _windowLength)
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
        int count = _actions.Length;
        long granted = _counters.Claim((long)count * _segmentLength, out _windowStart);
        if (granted == 0)
        {
            return false;
        }

        if (!_started)
        {
            // Drawn from the actor's own stream, so that a resumed run does not replay the episodes of its beginning.
            _environments.Reset(_random.NextUInt64() >> 1, _observations);
            _started = true;
        }

        RefreshPolicy();
        _rollout.Begin();
        _windowLength = (int)((granted + count - 1) / count);
        return true;
    }

    private void EndRollout()
    {
        int steps = _windowLength * _actions.Length;
        _rollout.Complete(_observations, ActorId, _policyVersion, _sequence++, steps);
        _counters.AddEnvironmentSteps(steps);
        _episodeCounter.Report(_episodes, _counters);
        lock (_randomStateLock)
        {
            _randomState = _random.State;
        }

        (_windowSteps, _windowLength) = (0, 0);
        _pending = true;
    }

    private void RefreshPolicy()
    {
        if (_network.Refresh())
        {
            Volatile.Write(ref _policyVersion, _network.Version);
        }
        else if (_network.Version < 0)
        {
            throw new InvalidOperationException($"actor {ActorId} was started before the first policy was published");
        }
    }

    private void StepOnce()
    {
        _policy.Act(_observations, Epsilon, _random, _actions, _probabilities, _greedy);
        var step = new VectorStep
        {
            Observations = _nextObservations,
            FinalObservations = _finalObservations,
            Rewards = _rewards,
            Terminated = _terminated,
            Truncated = _truncated,
        };
        _environments.Step(_actions, in step);
        _rollout.Add(_observations, _actions, _probabilities, _greedy, in step);
        _episodeCounter.Add(_rewards, _terminated, _truncated);
        (_observations, _nextObservations) = (_nextObservations, _observations);
    }
}
