using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// One shard of replay: a ring and a selector, without pacing (<see cref="PacedShard"/> and <see cref="ShardedReplay"/> pace). Every
/// member may be called from any thread. One lock guards it and is held while a batch is copied in or rows out (microseconds).
/// </summary>
public sealed class ReplayShard : IReplayShard
{
    private const uint SelectorStream = 1;

    private readonly object _lock = new();
    private readonly SegmentRing _ring;
    private readonly ISampleSelector _selector;
    private readonly NStepAssembler _assembler;
    private long _staleUpdates;
    private long _size;
    private bool _closed;

    /// <summary>Allocates the shard.</summary>
    /// <param name="settings">What it is made of.</param>
    /// <exception cref="InvalidOptionException">A setting is out of range.</exception>
    public ReplayShard(ReplayShardSettings settings)
    {
        settings.Validate();
        Index = settings.Index;
        _ring = new SegmentRing(settings.Spec, settings.Capacity);
        _selector = settings.CreateSelector?.Invoke(_ring)
            ?? new UniformSelector(_ring, new Pcg64(settings.Seed, SelectorStream, (uint)settings.Index));
        _assembler = new NStepAssembler(_ring, settings.NStep, settings.Discount);
    }

    /// <inheritdoc/>
    public int Index { get; }

    /// <inheritdoc/>
    public SegmentSpec Spec => _ring.Spec;

    /// <inheritdoc/>
    public int Capacity => _ring.Capacity;

    /// <inheritdoc/>
    public bool UsesPriorities => _selector.UsesPriorities;

    /// <inheritdoc/>
    public long Size => Volatile.Read(ref _size);

    /// <inheritdoc/>
    public long StaleUpdates => Volatile.Read(ref _staleUpdates);

    /// <inheritdoc/>
    public void Check(SegmentBatch batch) => _ring.Check(batch);

    /// <inheritdoc/>
    public bool TryStore(SegmentBatch batch)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            int overwritten = _ring.OverwrittenBy(batch.SlotCount);
            if (overwritten > 0)
            {
                _selector.Evicted(_ring.Oldest, overwritten);
            }

            long start = _ring.Write(batch);
            _selector.Inserted(start, batch.SlotCount);
            Volatile.Write(ref _size, _ring.TransitionCount);
            return true;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is for another spec, or does not have these rows.</exception>
    public bool TrySample(SampledBatch destination, int start, int count)
    {
        ReplayArguments.CheckSpec(destination, Spec);
        if (start < 0 || count < 1 || start > destination.Count - count)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{count} rows from row {start} on: must be at least one and within the batch's {destination.Count}"));
        }

        lock (_lock)
        {
            if (_closed || _ring.TransitionCount == 0)
            {
                return false;
            }

            _selector.Select(destination.Positions.Slice(start, count), destination.Probabilities.Slice(start, count));
            _assembler.Assemble(destination, start, count);
            destination.Weights.Slice(start, count).Fill(1);
            destination.Shards.Slice(start, count).Fill(Index);
            destination.TableSize = _selector.Count;
            return true;
        }
    }

    /// <inheritdoc/>
    public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        lock (_lock)
        {
            for (int i = 0; i < positions.Length; i++)
            {
                if (_ring.IsAlive(positions[i]) && (_ring.FlagsAt(positions[i]) & SlotFlags.Final) == 0)
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

    /// <inheritdoc/>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }

    /// <summary>
    /// Saves the content and the selector's random state to one file, which appears whole or not at all. Holds the lock until the file
    /// is on the disk.
    /// </summary>
    /// <param name="path">The file's name; a file of that name is replaced.</param>
    /// <param name="counters">Counters to save with them.</param>
    /// <exception cref="IOException">The file could not be written; one that was there before is still there.</exception>
    internal void Save(string path, PacerState counters = default)
    {
        lock (_lock)
        {
            var header = new ShardFileHeader(Spec)
            {
                Capacity = _ring.Capacity,
                Oldest = _ring.Oldest,
                Head = _ring.Head,
                Transitions = _ring.TransitionCount,
                Counters = counters,
                StaleUpdates = _staleUpdates,
                Random = _selector.RandomState,
            };
            ShardFileWriter.Write(path, header, _ring);
        }
    }

    /// <summary>
    /// Replaces the content and the selector's random state by those of a file. Positions stay what they were, so priorities of
    /// samples drawn before the save still find their slots. A shard of another capacity takes the newest slots that fit it.
    /// </summary>
    /// <param name="path">The file's name.</param>
    /// <returns>The counters that were saved with them.</returns>
    /// <exception cref="InvalidDataFormatException">
    /// The file is torn, damaged, or holds another spec; its name, what and where are said. The shard is as it was.
    /// </exception>
    /// <exception cref="IOException">
    /// The file could not be read. If that happened after it had been checked from end to end, the shard is empty.
    /// </exception>
    internal PacerState Load(string path)
    {
        using var file = new ShardFileReader(path, Spec);
        lock (_lock)
        {
            if (_ring.TransitionCount > 0)
            {
                _selector.Evicted(_ring.Oldest, (int)(_ring.Head - _ring.Oldest));
            }

            try
            {
                file.ReadInto(_ring);
            }
            finally
            {
                Volatile.Write(ref _size, _ring.TransitionCount);
            }

            if (_ring.TransitionCount > 0)
            {
                _selector.Inserted(_ring.Oldest, (int)(_ring.Head - _ring.Oldest));
            }

            _selector.RandomState = file.Header.Random;
            _staleUpdates = file.Header.StaleUpdates;
            return file.Header.Counters;
        }
    }
}
