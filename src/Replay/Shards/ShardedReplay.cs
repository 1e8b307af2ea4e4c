using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Many shards as one replay. Every member may be called from any thread. One lock guards the pacing, the random offset and the
/// roster of shards, and is not held while a shard copies; a shard's own lock is taken after it, never before.
/// </summary>
/// <remarks>
/// One rate limiter paces over all shards: that is exact, and it cannot deadlock because one shard is full while another starves.
/// (A shard that stands alone, as a grain of a cluster does, is a <see cref="PacedShard"/>.)
/// <para>
/// A batch goes to the shard that was given the fewest transitions so far (counted from what it held at first). A mini-batch is
/// drawn from the shards in proportion to what each holds and written by each into its rows of the one <see cref="SampledBatch"/>.
/// A shard that turns out to be closed or unreachable is lost, and what it held with it: it is skipped from then on. When all are lost,
/// replay is closed; when those left hold nothing, the rate limiter starts again, as at the start of a run.
/// </para>
/// </remarks>
public sealed class ShardedReplay : IReplay
{
    private const uint OffsetStream = 2;

    private readonly ShardRoster _shards;
    private readonly IReplayShard _smallest;
    private readonly Pacer _pacer;
    private readonly Pcg64 _random;

    /// <summary>
    /// Puts shards together; they must be used through this class alone from now on. What they hold already counts towards the minimum
    /// size and nothing else; a resumed run sets <see cref="State"/>.
    /// </summary>
    /// <param name="shards">The shards, numbered from 0 and of one spec.</param>
    /// <param name="limiter">How callers are paced over all of them; null lets everything in, and everything out once there is something.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <exception cref="ArgumentException">There are none or too many shards, or they do not fit together.</exception>
    /// <exception cref="InvalidOptionException">A setting is out of range, or actors and learner could wait for each other for ever.</exception>
    public ShardedReplay(IReadOnlyList<IReplayShard> shards, RateLimiterSettings? limiter, ulong seed)
    {
        _shards = new ShardRoster(shards);
        _smallest = Shards.MinBy(shard => shard.Capacity)!;
        Capacity = Shards.Sum(shard => (long)shard.Capacity);
        UsesPriorities = Shards.Any(shard => shard.UsesPriorities);
        var rate = new RateLimiter(limiter);
        rate.Insert(Math.Min(_shards.Size, rate.MinSize));
        _pacer = new Pacer(rate);
        _random = new Pcg64(seed, OffsetStream);
    }

    /// <summary>What a slot holds.</summary>
    public SegmentSpec Spec => _smallest.Spec;

    /// <summary>Slots over all shards.</summary>
    public long Capacity { get; }

    /// <inheritdoc/>
    public bool UsesPriorities { get; }

    /// <summary>The shards, wherever they live; lost ones are included.</summary>
    public IReadOnlyList<IReplayShard> Shards => _shards.Shards;

    /// <summary>
    /// What a checkpoint keeps beside the content of the shards. Restore it after the content: over empty shards the counts go on, but
    /// the rate limiter starts again, with the minimum size.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A counter is negative.</exception>
    public ShardedReplayState State
    {
        get
        {
            lock (_pacer.SyncRoot)
            {
                return new ShardedReplayState(_pacer.State, _random.State);
            }
        }

        set
        {
            lock (_pacer.SyncRoot)
            {
                _pacer.State = _shards.Size == 0 ? value.Counters with { Limiter = default } : value.Counters;
                _random.State = value.Random;
                _shards.ResetAssignments();
            }
        }
    }

    /// <summary>Calls that wait for the rate limiter.</summary>
    internal int Waiting => _pacer.Waiting;

    /// <summary>Makes a replay with all of its shards in this process.</summary>
    /// <param name="spec">What a slot holds.</param>
    /// <param name="options">The options.</param>
    /// <param name="discount">The discount gamma, in [0, 1].</param>
    /// <param name="largestAppend">Steps of the largest append.</param>
    /// <param name="largestSample">Transitions of the largest mini-batch.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <exception cref="InvalidOptionException">An option is out of range, or actors and learner could wait for each other for ever.</exception>
    public static ShardedReplay Create(
        SegmentSpec spec, ReplayOptions options, double discount, int largestAppend, int largestSample, ulong seed)
    {
        if (options.Shards is < 1 or > ShardRoster.MaxShards || options.Capacity / options.Shards <= largestAppend)
        {
            throw new InvalidOptionException(FormattableString.Invariant(
                $"replay capacity {options.Capacity} over {options.Shards} shards: there must be 1 to {ShardRoster.MaxShards} shards, each with more slots than the {largestAppend} steps of the largest append"));
        }

        IEnumerable<ReplayShard> shards = Enumerable.Range(0, options.Shards)
            .Select(index => new ReplayShard(ReplayShardSettings.For(spec, options, discount, index, seed)));
        return new ShardedReplay([.. shards], RateLimiterSettings.For(options, largestAppend, largestSample), seed);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The batch was made for another spec, is not whole segments, or is larger than a shard or than the limiter was built for.
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
    /// <exception cref="ArgumentException">The batch is for another spec, or larger than the limiter was built for.</exception>
    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ReplayArguments.CheckSpec(destination, Spec);
        Span<long> sizes = stackalloc long[_shards.Count];
        Span<int> counts = stackalloc int[_shards.Count];
        while (true)
        {
            long total;
            lock (_pacer.SyncRoot)
            {
                SampleStatus status = _pacer.WaitToSample(destination.Count, timeout, cancellationToken);
                if (status != SampleStatus.Sampled)
                {
                    return status;
                }

                total = _shards.ReadSizes(sizes);
                if (total == 0)
                {
                    _pacer.WithdrawSample(destination.Count);
                    _pacer.Restart();
                    continue;
                }

                // One shard needs no offset; not drawing one makes replay with one shard as fast as the shard.
                long offset = sizes.Length == 1 ? 0 : _random.NextLong(total);
                ShardAllotment.Divide(destination.Count, sizes, total, offset, counts);
            }

            int failed = Fill(destination, sizes, counts, total);
            if (failed < 0)
            {
                return SampleStatus.Sampled;
            }

            _pacer.WithdrawSample(destination.Count);
            MarkLost(failed);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Lengths differ, a shard does not exist, or a priority is negative or not finite.</exception>
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

    /// <summary>No append follows: further ones return Closed, samples go on while the error buffer allows and then return Closed.</summary>
    public void CompleteAppends() => _pacer.CompleteAppends();

    /// <summary>Everything returns Closed from now on, waiting calls included.</summary>
    public void Close() => _pacer.Close();

    /// <summary>Takes a shard out: what it holds is lost, the others go on. A second call for the same shard does nothing.</summary>
    /// <param name="shard">The shard's index.</param>
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

    /// <summary>Lets each shard write its rows. Returns the shard that could not, or -1.</summary>
    private int Fill(SampledBatch destination, ReadOnlySpan<long> sizes, ReadOnlySpan<int> counts, long total)
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

            if (sizes.Length > 1)
            {
                double share = (double)sizes[j] / total;
                foreach (ref float probability in destination.Probabilities.Slice(start, count))
                {
                    probability = (float)(probability * share);
                }
            }

            start += count;
        }

        destination.TableSize = total;
        return -1;
    }
}

/// <summary>The state of a <see cref="ShardedReplay"/> beside the content of its shards.</summary>
/// <param name="Counters">The counters of the pacing.</param>
/// <param name="Random">The random state that divides mini-batches among shards.</param>
public readonly record struct ShardedReplayState(PacerState Counters, Pcg64State Random);
