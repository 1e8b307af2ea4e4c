using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Combines many shards into one replay. All members are thread-safe. One lock guards the pacing, the random offset and the roster of
/// shards, and is not held while a shard copies. A shard's own lock is taken after it, never before.
/// </summary>
/// <remarks>
/// One rate limiter paces all shards. This is exact, and a full shard cannot deadlock with a starving one. (Each shard grain of a
/// cluster paces its own callers; see <see cref="PacedShard"/>.)
/// <para>
/// A batch goes to the shard with the fewest transitions assigned so far, including its initial content. A mini-batch is drawn from
/// the shards in proportion to their masses, which for uniform sampling are their sizes, and each shard fills its rows of the
/// <see cref="SampledBatch"/>. A transition with the probability p in its shard is drawn with p times the shard's share of the mass: that is
/// its probability in the batch. A shard that turns out to be closed or unreachable is lost with its content and is skipped from then on.
/// When all shards are lost, replay is closed; when the remaining shards are empty, the rate limiter restarts as at the start of a run.
/// </para>
/// </remarks>
public sealed class ShardedReplay : IReplay, IExperienceStore
{
    private readonly ShardRoster _shards;
    private readonly IReplayShard _smallest;
    private readonly Pacer _pacer;
    private readonly Pcg64 _random;

    /// <summary>
    /// Combines shards, which must not be used directly from now on. Their content counts towards the minimum size and nothing else; a
    /// resumed run sets <see cref="State"/>.
    /// </summary>
    /// <param name="shards">The shards, indexed from 0 and with the same spec.</param>
    /// <param name="limiter">
    /// How callers are paced over all shards; null admits every append, and every sample once something is stored.
    /// </param>
    /// <param name="seed">The seed of the run.</param>
    /// <exception cref="ArgumentException">There are no or too many shards, or their indices or specs do not match.</exception>
    /// <exception cref="InvalidOptionException">A setting is out of range, or actors and learner could deadlock.</exception>
    public ShardedReplay(IReadOnlyList<IReplayShard> shards, RateLimiterSettings? limiter, ulong seed)
    {
        _shards = new ShardRoster(shards);
        _smallest = Shards.MinBy(shard => shard.Capacity)!;
        Capacity = Shards.Sum(shard => (long)shard.Capacity);
        UsesPriorities = Shards.Any(shard => shard.UsesPriorities);
        var rate = new RateLimiter(limiter);
        rate.Insert(Math.Min(_shards.Size, rate.MinSize));
        _pacer = new Pacer(rate);
        _random = RandomStreams.Create((long)seed, RandomStream.Replay);
    }

    /// <summary>The slot format.</summary>
    public SegmentSpec Spec => _smallest.Spec;

    /// <summary>Total number of slots over all shards.</summary>
    public long Capacity { get; }

    /// <inheritdoc/>
    public bool UsesPriorities { get; }

    /// <summary>The shards, local or remote, including lost ones.</summary>
    public IReadOnlyList<IReplayShard> Shards => _shards.Shards;

    /// <summary>
    /// The state that a checkpoint keeps in addition to the content of the shards. Restore it after the content: if the shards are empty,
    /// the counts continue, but the rate limiter restarts and waits for the minimum size again.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A counter is negative.</exception>
    public ShardedReplayState State
    {
        get
        {
            lock (_pacer.SyncRoot)
            {
                return new ShardedReplayState(_pacer.State, _random.State, _shards.Assignments);
            }
        }

        set
        {
            lock (_pacer.SyncRoot)
            {
                _pacer.State = _shards.Size == 0 ? value.Counters with { Limiter = default } : value.Counters;
                _random.State = value.Random;
                _shards.ResetAssignments(value.Assigned);
            }
        }
    }

    /// <summary>Number of calls waiting for the rate limiter.</summary>
    internal int Waiting => _pacer.Waiting;

    /// <summary>Creates a replay with all shards in this process.</summary>
    /// <param name="spec">The slot format.</param>
    /// <param name="options">The options.</param>
    /// <param name="selector">How transitions are selected.</param>
    /// <param name="discount">The discount gamma, in [0, 1].</param>
    /// <param name="largestAppend">The largest append, in steps.</param>
    /// <param name="largestSample">The largest mini-batch, in transitions.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <exception cref="InvalidOptionException">An option is out of range, or actors and learner could deadlock.</exception>
    public static ShardedReplay Create(
        SegmentSpec spec, ReplayOptions options, ReplaySelector selector, double discount, int largestAppend, int largestSample, ulong seed)
    {
        if (options.Shards is < 1 or > ShardRoster.MaxShards || options.Capacity / options.Shards <= largestAppend)
        {
            throw new InvalidOptionException(FormattableString.Invariant(
                $"replay capacity {options.Capacity} over {options.Shards} shards: there must be 1 to {ShardRoster.MaxShards} shards, each with more slots than the {largestAppend} steps of the largest append"));
        }

        IEnumerable<ReplayShard> shards = Enumerable.Range(0, options.Shards)
            .Select(index => new ReplayShard(ReplayShardSettings.For(spec, options, selector, discount, index, seed)));
        return new ShardedReplay([.. shards], RateLimiterSettings.For(options, largestAppend, largestSample), seed);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The batch is for another spec, does not consist of whole segments, or is larger than a shard or than the limiter supports.
    /// </exception>
    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _smallest.Check(batch);
        int steps = batch.StepCount;
        while (true)
        {
            int shard;
            lock (_pacer.SyncRoot)
            {
                AppendStatus status = _pacer.WaitToAppend(steps, timeout, cancellationToken);
                if (status != AppendStatus.Stored)
                {
                    return status;
                }

                shard = _shards.Assign(steps);
            }

            bool stored = false;
            try
            {
                stored = _shards[shard].TryStore(batch);
            }
            finally
            {
                _pacer.EndAppend(steps, stored);
            }

            if (stored)
            {
                return AppendStatus.Stored;
            }

            MarkLost(shard);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is for another spec, or larger than the limiter supports.</exception>
    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ReplayArguments.CheckSpec(destination, Spec);
        Span<double> masses = stackalloc double[_shards.Count];
        Span<int> counts = stackalloc int[_shards.Count];
        while (true)
        {
            double total;
            long size;
            lock (_pacer.SyncRoot)
            {
                SampleStatus status = _pacer.WaitToSample(destination.Count, timeout, cancellationToken);
                if (status != SampleStatus.Sampled)
                {
                    return status;
                }

                size = _shards.Size;
                total = _shards.ReadMasses(masses);
                if (total == 0)
                {
                    _pacer.WithdrawSample(destination.Count);
                    _pacer.Restart();
                    continue;
                }

                // A single shard needs no offset; without the draw, replay with one shard is as fast as the shard. Masses of uniform sampling
                // are whole numbers.
                double offset = masses.Length == 1 ? 0 : UsesPriorities ? _random.NextDouble() * total : _random.NextLong((long)total);
                ShardAllotment.Divide(destination.Count, masses, total, offset, counts);
            }

            int failed = Fill(destination, masses, counts, total);
            if (failed < 0)
            {
                destination.TableSize = size;
                return SampleStatus.Sampled;
            }

            _pacer.WithdrawSample(destination.Count);
            MarkLost(failed);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The lengths differ, a shard does not exist, or a priority is negative or not finite.</exception>
    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        ReplayArguments.CheckPriorities(shards, positions, priorities, firstShard: 0, lastShard: _shards.Count - 1);
        _shards.UpdatePriorities(shards, positions, priorities);
    }

    /// <inheritdoc/>
    public ReplayStatistics GetStatistics()
    {
        lock (_pacer.SyncRoot)
        {
            return _pacer.GetStatistics(_shards.Size, Capacity, _shards.StaleUpdates, _shards.Count, _shards.Lost);
        }
    }

    /// <summary>
    /// Declares that no appends follow: further appends return Closed; samples are admitted while the error buffer allows, then return
    /// Closed.
    /// </summary>
    public void CompleteAppends() => _pacer.CompleteAppends();

    /// <summary>Closes replay: all calls return Closed from now on, including those that are waiting.</summary>
    public void Close() => _pacer.Close();

    /// <summary>Marks a shard as lost with its content; the other shards continue. Does nothing if it is already lost.</summary>
    /// <param name="shard">The index of the shard.</param>
    internal void MarkLost(int shard)
    {
        lock (_pacer.SyncRoot)
        {
            if (!_shards.TryMarkLost(shard))
            {
                return;
            }

            if (_shards.Lost == _shards.Count)
            {
                _pacer.Close();
            }
            else if (_shards.Size == 0)
            {
                _pacer.Restart();
            }
        }

        _shards[shard].Close();
    }

    /// <summary>Lets each shard fill its rows. Returns the index of the shard that could not, or -1.</summary>
    private int Fill(SampledBatch destination, ReadOnlySpan<double> masses, ReadOnlySpan<int> counts, double total)
    {
        int start = 0;
        for (int j = 0; j < counts.Length; j++)
        {
            int count = counts[j];
            if (count == 0)
            {
                continue;
            }

            if (!_shards[j].TrySample(destination, start, count))
            {
                return j;
            }

            if (masses.Length > 1)
            {
                double share = masses[j] / total;
                foreach (ref float probability in destination.Probabilities.Slice(start, count))
                {
                    probability = (float)(probability * share);
                }
            }

            start += count;
        }

        return -1;
    }
}

/// <summary>The state of a <see cref="ShardedReplay"/> without the content of its shards.</summary>
/// <param name="Counters">The pacing counters.</param>
/// <param name="Random">The random state that divides mini-batches among shards.</param>
/// <param name="Assigned">Transitions assigned to each shard so far; empty if unknown.</param>
public readonly record struct ShardedReplayState(PacerState Counters, Pcg64State Random, IReadOnlyList<long> Assigned);
