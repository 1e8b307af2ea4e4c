using System.Globalization;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Many shards behind one front. Every member may be called from any thread. The front's gate guards the pacing, the random offset
/// and the shards' standing, and is not held while a shard copies; a shard's own lock is taken after it, never before.
/// </summary>
/// <remarks>
/// The rate limiter is the front's and the shards have none: one band over the whole is exact, and it cannot deadlock because one
/// shard is full while another starves. (A shard that is alone with its callers, as a grain of a cluster, has its own.)
/// <para>
/// A batch goes to the shard that was given the fewest transitions so far (counted from what it held at first). A mini-batch is
/// drawn from the shards in proportion to what each holds and written by each into its rows of the one <see cref="SampledBatch"/>.
/// A shard that is gone is skipped. When all are gone, replay is closed; when those left hold nothing, the band starts again, as
/// at the start of a run.
/// </para>
/// </remarks>
public sealed class ShardedReplay : IReplay
{
    /// <summary>The most shards.</summary>
    public const int MaxShards = 1024;

    private const uint FrontStream = 2;

    private readonly object _gate = new();
    private readonly IReplayShard[] _shards;
    private readonly IReplayShard _smallest;
    private readonly Pacer _pacer;
    private readonly Pcg64 _random;
    private readonly int _largestAppend;
    private readonly int _largestSample;

    // Guarded by the gate; a lost shard's entry is long.MaxValue, so that it is never the one with the fewest.
    private readonly long[] _assigned;
    private int _lost;
    private long _lostUpdates;

    /// <summary>
    /// Puts a front before shards; nobody else may use them from then on. What they hold already counts towards the minimum size
    /// and nothing else; a resumed run sets <see cref="State"/>.
    /// </summary>
    /// <param name="shards">The shards, numbered from 0, of one spec and without bands of their own.</param>
    /// <param name="limiter">The band over all of them; null for none.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <exception cref="ArgumentException">There are none or too many shards, or they do not fit together.</exception>
    /// <exception cref="InvalidOptionException">The band could deadlock.</exception>
    public ShardedReplay(IReadOnlyList<IReplayShard> shards, RateLimiterSettings? limiter, ulong seed)
    {
        if (shards.Count is 0 or > MaxShards)
        {
            throw new ArgumentException(Invariant($"{shards.Count} shards: must be 1 to {MaxShards}"), nameof(shards));
        }

        _shards = [.. shards];
        _smallest = _shards.MinBy(shard => shard.Capacity)!;
        UsesPriorities = _shards.Any(shard => shard.UsesPriorities);
        _assigned = new long[_shards.Length];
        long held = 0;
        for (int j = 0; j < _shards.Length; j++)
        {
            IReplayShard shard = _shards[j];
            if (shard.Index != j || shard.IsPaced || shard.Spec.Hash != Spec.Hash)
            {
                throw new ArgumentException(
                    Invariant($"shard {j}: has index {shard.Index}, {(shard.IsPaced ? "a" : "no")} limiter of its own and holds {shard.Spec}; must have index {j}, none, and hold {Spec}"),
                    nameof(shards));
            }

            _assigned[j] = shard.Size;
            Capacity += shard.Capacity;
            held += shard.Size;
        }

        var rate = new RateLimiter(limiter);
        rate.Insert(Math.Min(held, rate.MinSize));
        _largestAppend = rate.LargestInsert;
        _largestSample = rate.LargestSample;
        _pacer = new Pacer(_gate, rate);
        _random = new Pcg64(seed, FrontStream);
    }

    /// <summary>Raised once for each shard that is lost, by the thread that noticed, without a lock held.</summary>
    public event EventHandler<ShardLostEventArgs>? ShardLost;

    /// <summary>What a slot holds.</summary>
    public SegmentSpec Spec => _shards[0].Spec;

    /// <summary>Slots over all shards.</summary>
    public long Capacity { get; }

    /// <inheritdoc/>
    public bool UsesPriorities { get; }

    /// <summary>The shards, wherever they live.</summary>
    public IReadOnlyList<IReplayShard> Shards => _shards;

    /// <summary>
    /// What a checkpoint keeps of the front. Restore it after the shards' content: over empty shards the counts go on, but the band
    /// starts again, with the minimum size.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A counter is negative.</exception>
    public ShardedReplayState State
    {
        get
        {
            lock (_gate)
            {
                PacerState counters = _pacer.State;
                return new ShardedReplayState(counters.Band, counters.Inserted, counters.Sampled, _random.State);
            }
        }

        set
        {
            Span<long> sizes = stackalloc long[_shards.Length];
            lock (_gate)
            {
                bool empty = ReadSizes(sizes) == 0;
                _pacer.State = new PacerState(empty ? default : value.Band, value.Inserted, value.Sampled);
                _random.State = value.Random;
                for (int j = 0; j < _shards.Length; j++)
                {
                    _assigned[j] = IsLost(j) ? long.MaxValue : sizes[j];
                }
            }
        }
    }

    /// <summary>Callers that wait for the rate limiter.</summary>
    internal int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _pacer.Waiting;
            }
        }
    }

    /// <summary>Makes shards and their front from options.</summary>
    /// <param name="spec">What a slot holds.</param>
    /// <param name="options">The options.</param>
    /// <param name="discount">The discount gamma, in [0, 1].</param>
    /// <param name="largestAppend">Steps of the largest append.</param>
    /// <param name="largestSample">Transitions of the largest mini-batch.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <exception cref="InvalidOptionException">An option is out of range, or the band could deadlock.</exception>
    public static ShardedReplay Create(
        SegmentSpec spec, ReplayOptions options, double discount, int largestAppend, int largestSample, ulong seed)
    {
        if (options.Shards is < 1 or > MaxShards || options.Capacity / options.Shards <= largestAppend)
        {
            throw new InvalidOptionException(Invariant(
                $"replay capacity {options.Capacity} over {options.Shards} shards: there must be 1 to {MaxShards} shards, each with more slots than the {largestAppend} steps of the largest append"));
        }

        var shards = new ReplayShard[options.Shards];
        for (int j = 0; j < shards.Length; j++)
        {
            shards[j] = new ReplayShard(ReplayShardSettings.For(spec, options, discount, j, seed));
        }

        return new ShardedReplay(shards, RateLimiterSettings.For(options, largestAppend, largestSample), seed);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The batch was made for another spec, is not whole segments, or is larger than a shard or than the limiter was built for.
    /// </exception>
    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Misuse.CheckTimeout(timeout);
        _smallest.Check(batch);
        int steps = batch.StepCount;
        Misuse.CheckLargest("append", steps, _largestAppend);
        cancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            int shard;
            lock (_gate)
            {
                AppendStatus status = _pacer.WaitToAppend(steps, timeout, cancellationToken);
                if (status != AppendStatus.Stored)
                {
                    return status;
                }

                shard = FewestAssigned();
                _assigned[shard] += steps;
            }

            if (TryStore(shard, batch))
            {
                return AppendStatus.Stored;
            }

            MarkLost(shard, "it was closed");
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is for another spec, or larger than the limiter was built for.</exception>
    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Misuse.CheckTimeout(timeout);
        Misuse.CheckSpec(destination, Spec);
        Misuse.CheckLargest("sample", destination.Count, _largestSample);
        cancellationToken.ThrowIfCancellationRequested();
        Span<long> sizes = stackalloc long[_shards.Length];
        Span<int> counts = stackalloc int[_shards.Length];
        while (true)
        {
            long total;
            lock (_gate)
            {
                SampleStatus status = _pacer.WaitToSample(destination.Count, timeout, cancellationToken);
                if (status != SampleStatus.Sampled)
                {
                    return status;
                }

                total = ReadSizes(sizes);
                if (total == 0)
                {
                    _pacer.WithdrawSample(destination.Count);
                    _pacer.Restart();
                    continue;
                }

                // One shard needs no offset; not drawing one makes a front over it cost nothing.
                long offset = sizes.Length == 1 ? 0 : _random.NextLong(total);
                ShardAllotment.Divide(destination.Count, sizes, total, offset, counts);
            }

            int failed = Fill(destination, sizes, counts, total);
            if (failed < 0)
            {
                return SampleStatus.Sampled;
            }

            lock (_gate)
            {
                _pacer.WithdrawSample(destination.Count);
            }

            MarkLost(failed, "it was closed");
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Lengths differ, a shard does not exist, or a priority is negative or not finite.</exception>
    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        Misuse.CheckPriorities(shards, positions, priorities, firstShard: 0, lastShard: _shards.Length - 1);
        int end;
        for (int start = 0; start < shards.Length; start = end)
        {
            // A mini-batch holds each shard's samples next to each other: one lock a shard, not one a sample.
            int shard = shards[start];
            int length = shards[start..].IndexOfAnyExcept(shard);
            end = length < 0 ? shards.Length : start + length;
            if (IsLost(shard))
            {
                Interlocked.Add(ref _lostUpdates, end - start);
            }
            else
            {
                _shards[shard].UpdatePriorities(positions[start..end], priorities[start..end]);
            }
        }
    }

    /// <inheritdoc/>
    public ReplayStatistics GetStatistics()
    {
        long stale = Interlocked.Read(ref _lostUpdates);
        foreach (IReplayShard shard in _shards)
        {
            stale += shard.GetStatistics().StaleUpdates;
        }

        Span<long> sizes = stackalloc long[_shards.Length];
        lock (_gate)
        {
            return new ReplayStatistics(
                ReadSizes(sizes),
                Capacity,
                _pacer.Inserted,
                _pacer.Sampled,
                stale,
                _pacer.AppendWait,
                _pacer.SampleWait,
                _shards.Length,
                _lost);
        }
    }

    /// <summary>Takes a shard out: what it holds is lost, the others go on. A second call for the same shard does nothing.</summary>
    /// <param name="shard">The shard's index.</param>
    /// <param name="reason">Why, for the log.</param>
    public void MarkLost(int shard, string reason)
    {
        Span<long> sizes = stackalloc long[_shards.Length];
        lock (_gate)
        {
            if (_assigned[shard] == long.MaxValue)
            {
                return;
            }

            _assigned[shard] = long.MaxValue;
            _lost++;
            if (_lost == _shards.Length)
            {
                _pacer.Close();
            }
            else if (ReadSizes(sizes) == 0)
            {
                _pacer.Restart();
            }
        }

        long held = _shards[shard].Size;
        _shards[shard].Close();
        ShardLost?.Invoke(this, new ShardLostEventArgs(shard, reason, held));
    }

    /// <summary>Actors are done: further appends return Closed, samples go on while the band allows and then return Closed.</summary>
    public void CompleteAppends()
    {
        lock (_gate)
        {
            _pacer.CompleteAppends();
        }
    }

    /// <summary>Everything returns Closed from now on, those who wait included.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _pacer.Close();
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private bool TryStore(int shard, SegmentBatch batch)
    {
        bool stored = false;
        try
        {
            stored = _shards[shard].TryStore(batch);
            return stored;
        }
        finally
        {
            lock (_gate)
            {
                if (stored)
                {
                    _pacer.CommitAppend(batch.StepCount);
                }
                else
                {
                    _pacer.WithdrawAppend(batch.StepCount);
                }
            }
        }
    }

    /// <summary>Lets each shard write its rows. Returns the shard that could not, or -1.</summary>
    private int Fill(SampledBatch destination, ReadOnlySpan<long> sizes, ReadOnlySpan<int> counts, long total)
    {
        int start = 0;
        for (int j = 0; j < _shards.Length; j++)
        {
            int count = counts[j];
            if (count == 0)
            {
                continue;
            }

            if (_shards[j].SampleInto(destination, start, count, TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
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

    private int FewestAssigned()
    {
        int fewest = 0;
        for (int j = 1; j < _assigned.Length; j++)
        {
            if (_assigned[j] < _assigned[fewest])
            {
                fewest = j;
            }
        }

        return fewest;
    }

    private long ReadSizes(Span<long> sizes)
    {
        long total = 0;
        for (int j = 0; j < sizes.Length; j++)
        {
            sizes[j] = IsLost(j) ? 0 : _shards[j].Size;
            total += sizes[j];
        }

        return total;
    }

    private bool IsLost(int shard) => Volatile.Read(ref _assigned[shard]) == long.MaxValue;
}
