using Krewe.Contracts;


namespace Krewe.Replay;

/// <summary>
/// One shard of replay: a ring, a selector and a rate limiter. Every member may be called from any thread. One lock, the gate, guards
/// all of it and is held while a batch is copied in or a mini-batch out (microseconds); who has to wait releases it.
/// </summary>
public sealed class ReplayShard : IReplay, IReplayShard
{
    private const uint SelectorStream = 1;

    private readonly object _gate = new();
    private readonly SegmentRing _ring;
    private readonly ISampleSelector _selector;
    private readonly NStepAssembler _assembler;
    private readonly Pacer _pacer;
    private long _staleUpdates;
    private long _size;

    /// <summary>Allocates the shard.</summary>
    /// <param name="settings">What it is made of.</param>
    /// <exception cref="InvalidOptionException">A setting is out of range, or the band could deadlock.</exception>
    public ReplayShard(ReplayShardSettings settings)
    {
        settings.Validate();
        var limiter = new RateLimiter(settings.Limiter);
        IsPaced = limiter.IsPaced;
        LargestAppend = limiter.LargestInsert;
        LargestSample = limiter.LargestSample;
        Index = settings.Index;
        _ring = new SegmentRing(settings.Spec, settings.Capacity);
        _selector = settings.CreateSelector?.Invoke(_ring)
            ?? new UniformSelector(_ring, new Pcg64(settings.Seed, SelectorStream, (uint)settings.Index));
        _assembler = new NStepAssembler(_ring, settings.NStep, settings.Discount);
        _pacer = new Pacer(_gate, limiter);
    }

    /// <summary>The shard's number.</summary>
    public int Index { get; }

    /// <summary>What a slot holds.</summary>
    public SegmentSpec Spec => _ring.Spec;

    /// <summary>Slots.</summary>
    public int Capacity => _ring.Capacity;

    /// <inheritdoc/>
    public bool UsesPriorities => _selector.UsesPriorities;

    /// <summary>Whether the shard has a band of its own.</summary>
    public bool IsPaced { get; }

    /// <summary>Transitions of the largest append that the limiter was built for; no bound without a band.</summary>
    public int LargestAppend { get; }

    /// <summary>Transitions of the largest sample that the limiter was built for; no bound without a band.</summary>
    public int LargestSample { get; }

    /// <summary>Transitions that can be sampled now. Takes no lock.</summary>
    public long Size => Volatile.Read(ref _size);

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

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The batch was made for another spec, is not whole segments, or is larger than the ring or than the limiter was built for.
    /// </exception>
    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Misuse.CheckTimeout(timeout);
        Check(batch);
        Misuse.CheckLargest("append", batch.StepCount, LargestAppend);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            AppendStatus status = _pacer.WaitToAppend(batch.StepCount, timeout, cancellationToken);
            if (status == AppendStatus.Stored)
            {
                Store(batch);
                _pacer.CommitAppend(batch.StepCount);
            }

            return status;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is for another spec, or larger than the limiter was built for.</exception>
    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Misuse.CheckTimeout(timeout);
        Misuse.CheckSpec(destination, Spec);
        Misuse.CheckLargest("sample", destination.Count, LargestSample);
        cancellationToken.ThrowIfCancellationRequested();
        return SampleInto(destination, 0, destination.Count, timeout, cancellationToken);
    }

    /// <summary>
    /// Fills as many rows as the rate limiter lets out now, without waiting: what a host answers with that must not block. Rows go to one
    /// caller at a time, and nobody who waits in <see cref="Sample"/> is passed.
    /// </summary>
    /// <param name="destination">
    /// Receives the transitions and is resized to them; unless sampled it is left as it was.
    /// </param>
    /// <param name="minimum">The fewest transitions worth having, at least 1.</param>
    /// <param name="maximum">The most, from the minimum to the destination's capacity; never more than <see cref="LargestSample"/> are given.</param>
    /// <returns>
    /// <see cref="SampleStatus.Sampled"/>: <see cref="SampledBatch.Count"/> rows were given. <see cref="SampleStatus.RateLimited"/>: not
    /// now. <see cref="SampleStatus.Closed"/>: never again as many as the minimum.
    /// </returns>
    /// <exception cref="ArgumentException">The batch is for another spec, or a bound out of range.</exception>
    public SampleStatus SampleUpTo(SampledBatch destination, int minimum, int maximum)
    {
        Misuse.CheckSpec(destination, Spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimum, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, minimum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximum, destination.Capacity);
        Misuse.CheckLargest("sample", minimum, LargestSample);
        lock (_gate)
        {
            SampleStatus status = _pacer.TrySampleUpTo(minimum, Math.Min(maximum, LargestSample), out int count);
            if (status == SampleStatus.Sampled)
            {
                destination.Resize(count);
                Fill(destination, 0, count);
            }

            return status;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Lengths differ, a shard is not this one, or a priority is negative or not finite.</exception>
    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        Misuse.CheckPriorities(shards, positions, priorities, firstShard: Index, lastShard: Index);
        UpdatePriorities(positions, priorities);
    }

    /// <inheritdoc/>
    public ReplayStatistics GetStatistics()
    {
        lock (_gate)
        {
            return new ReplayStatistics(
                _ring.TransitionCount,
                _ring.Capacity,
                _pacer.Inserted,
                _pacer.Sampled,
                _staleUpdates,
                _pacer.AppendWait,
                _pacer.SampleWait,
                Shards: 1,
                ShardsLost: 0);
        }
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

    /// <summary>
    /// Saves the content, the counters and the selector's random state to one file, which appears whole or not at all. Holds the
    /// lock until the file is on the disk: actors and learner wait meanwhile.
    /// </summary>
    /// <param name="path">The file's name; a file of that name is replaced.</param>
    /// <exception cref="IOException">The file could not be written; one that was there before is still there.</exception>
    public void Save(string path)
    {
        lock (_gate)
        {
            var header = new ShardFileHeader
            {
                SpecHash = Spec.Hash,
                SpecNumbers = ShardFileHeader.NumbersOf(Spec),
                Capacity = _ring.Capacity,
                Oldest = _ring.Oldest,
                Head = _ring.Head,
                Transitions = _ring.TransitionCount,
                Counters = _pacer.State,
                StaleUpdates = _staleUpdates,
                Random = _selector.RandomState,
            };
            ShardFileWriter.Write(path, header, _ring);
        }
    }

    /// <summary>
    /// Replaces the content, the counters and the selector's random state by those of a file. Positions stay what they were, so
    /// priorities of samples drawn before the save still find their slots. A shard of another capacity takes the newest slots that
    /// fit it.
    /// </summary>
    /// <param name="path">The file's name.</param>
    /// <exception cref="InvalidDataFormatException">
    /// The file is torn, damaged, or holds another spec; its name, what and where are said. The shard is as it was.
    /// </exception>
    /// <exception cref="IOException">
    /// The file could not be read. If that happened after it had been checked from end to end, the shard is empty.
    /// </exception>
    public void Load(string path)
    {
        using var file = new ShardFileReader(path, Spec);
        lock (_gate)
        {
            if (_ring.TransitionCount > 0)
            {
                _selector.Evicted(_ring.Oldest, (int)(_ring.Head - _ring.Oldest));
            }

            try
            {
                file.ReadInto(_ring);
                if (_ring.TransitionCount > 0)
                {
                    _selector.Inserted(_ring.Oldest, (int)(_ring.Head - _ring.Oldest));
                }

                _selector.RandomState = file.Header.Random;
                _staleUpdates = file.Header.StaleUpdates;
                _pacer.State = file.Header.Counters;
            }
            finally
            {
                if (_ring.TransitionCount == 0)
                {
                    _pacer.Restart();
                }

                Volatile.Write(ref _size, _ring.TransitionCount);
            }
        }
    }

    /// <inheritdoc/>
    public void Check(SegmentBatch batch) => _ring.Check(batch);

    /// <summary>Appends a batch that <see cref="Check"/> let through to a shard without a band: never waits.</summary>
    /// <inheritdoc/>
    public bool TryStore(SegmentBatch batch)
    {
        lock (_gate)
        {
            if (_pacer.WaitToAppend(batch.StepCount, TimeSpan.Zero, CancellationToken.None) != AppendStatus.Stored)
            {
                return false;
            }

            Store(batch);
            _pacer.CommitAppend(batch.StepCount);
            return true;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is for another spec, or does not have these rows.</exception>
    public SampleStatus SampleInto(
        SampledBatch destination, int start, int count, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Misuse.CheckSpec(destination, Spec);
        Misuse.CheckRows(destination, start, count);
        lock (_gate)
        {
            SampleStatus status = _pacer.WaitToSample(count, timeout, cancellationToken);
            if (status == SampleStatus.Sampled)
            {
                Fill(destination, start, count);
            }

            return status;
        }
    }

    /// <inheritdoc/>
    public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        lock (_gate)
        {
            for (int i = 0; i < positions.Length; i++)
            {
                if (_ring.IsAlive(positions[i]) && (_ring.FlagsAt(positions[i]) & SlotFlags.Closing) == 0)
                {
                    _selector.UpdatePriority(positions[i], priorities[i]);
                }
                else
                {
                    _staleUpdates++;
                }
            }
        }
    }

    private void Fill(SampledBatch destination, int start, int count)
    {
        _selector.Select(destination.Positions.Slice(start, count), destination.Probabilities.Slice(start, count));
        _assembler.Assemble(destination, start, count);
        destination.Weights.Slice(start, count).Fill(1);
        destination.Shards.Slice(start, count).Fill(Index);
        destination.TableSize = _selector.Count;
    }

    private void Store(SegmentBatch batch)
    {
        int overwritten = _ring.OverwrittenBy(batch.SlotCount);
        if (overwritten > 0)
        {
            _selector.Evicted(_ring.Oldest, overwritten);
        }

        long start = _ring.Write(batch);
        _selector.Inserted(start, batch.SlotCount);
        Volatile.Write(ref _size, _ring.TransitionCount);
    }
}
