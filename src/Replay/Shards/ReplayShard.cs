using System.Runtime.CompilerServices;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// One replay shard: a ring and a selector, without pacing (see <see cref="PacedShard"/> and <see cref="ShardedReplay"/>). All members are
/// thread-safe. One lock guards the shard and is held while a batch is copied in or rows are copied out (microseconds).
/// </summary>
public sealed class ReplayShard : IReplayShard
{
    private const int UpdateRows = PriorityTree.BatchRows;

    private readonly object _lock = new();
    private readonly SegmentRing _ring;
    private readonly ISampleSelector _selector;
    private readonly NStepAssembler _assembler;
    private long _staleUpdates;
    private readonly long _firstPosition;
    private long _size;
    private double _mass;
    private bool _closed;

    /// <summary>Allocates the shard.</summary>
    /// <param name="settings">The settings.</param>
    /// <exception cref="InvalidOptionException">A setting is out of range.</exception>
    public ReplayShard(ReplayShardSettings settings)
    {
        settings.Validate();
        Index = settings.Index;
        _ring = new SegmentRing(settings.Spec, settings.Capacity);
        _firstPosition = (settings.FirstPosition + settings.Capacity - 1) / settings.Capacity * settings.Capacity;
        _ring.Restore(_firstPosition, _firstPosition);
        _selector = settings.Selector.Create(_ring, RandomStreams.Create((long)settings.Seed, RandomStream.Shard, settings.Index));
        UsesPriorities = settings.Selector.UsesPriorities;
        _assembler = new NStepAssembler(_ring, settings.NStep, settings.Discount);
    }

    /// <inheritdoc/>
    public int Index { get; }

    /// <inheritdoc/>
    public SegmentSpec Spec => _ring.Spec;

    /// <inheritdoc/>
    public int Capacity => _ring.Capacity;

    /// <inheritdoc/>
    public bool UsesPriorities { get; }

    /// <inheritdoc/>
    public long Size => Volatile.Read(ref _size);

    /// <inheritdoc/>
    public double Mass => Volatile.Read(ref _mass);

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
            _selector.Inserted(start, batch.SlotCount, batch.Priorities);
            Measure();
            return true;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is for another spec, or does not have the rows.</exception>
    public bool TrySample(SampledBatch destination, int start, int count)
    {
        ReplayArguments.CheckSpec(destination, Spec);
        if (start < 0 || count < 1 || start > destination.Count - count)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{count} rows from row {start}: must be at least one and within the {destination.Count} rows of the batch"));
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
            _staleUpdates += Update(positions, priorities);
            Measure();
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
    /// Saves the content, the priorities and the selector's random state to one file, which is replaced atomically. Holds the lock until the
    /// file is on disk.
    /// </summary>
    /// <param name="path">The path of the file; an existing file is replaced.</param>
    /// <param name="counters">Counters to save with the content.</param>
    /// <exception cref="IOException">The file could not be written; an existing file is unchanged.</exception>
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
                HasPriorities = UsesPriorities ? 1 : 0,
            };
            ShardFileWriter.Write(path, header, _ring, _selector);
        }
    }

    /// <summary>
    /// Replaces the content, the priorities and the selector's random state with those of a file. Positions are preserved, so priorities of
    /// samples drawn before the save still find their slots, unless they are below the first position of the shard: then all are moved above
    /// it. A shard with another capacity takes the newest slots that fit it. Without saved priorities all are equal.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <returns>The counters saved with the content.</returns>
    /// <exception cref="InvalidDataFormatException">
    /// The file is truncated, damaged, or holds another spec; the message names the file, the problem and the position. The shard is
    /// unchanged.
    /// </exception>
    /// <exception cref="IOException">
    /// The file could not be read. If this happens after the whole file was checked, the shard is empty.
    /// </exception>
    internal PacerState Load(string path)
    {
        using var file = new ShardFileReader(path, Spec);
        lock (_lock)
        {
            float[] priorities = UsesPriorities ? file.ReadPriorities(_ring.Capacity) : [];
            if (_ring.TransitionCount > 0)
            {
                _selector.Evicted(_ring.Oldest, (int)(_ring.Head - _ring.Oldest));
            }

            try
            {
                file.ReadInto(_ring, _firstPosition);
            }
            finally
            {
                Measure();
            }

            if (_ring.TransitionCount > 0)
            {
                _selector.Inserted(_ring.Oldest, (int)(_ring.Head - _ring.Oldest));
            }

            Span<long> positions = stackalloc long[UpdateRows];
            for (int start = 0; start < priorities.Length; start += UpdateRows)
            {
                int count = Math.Min(UpdateRows, priorities.Length - start);
                for (int i = 0; i < count; i++)
                {
                    positions[i] = _ring.Oldest + start + i;
                }

                // Those of final slots are dropped.
                _ = Update(positions[..count], priorities.AsSpan(start, count));
            }

            Measure();
            _selector.RandomState = file.Header.Random;
            _staleUpdates = file.Header.StaleUpdates;
            return file.Header.Counters;
        }
    }

    /// <summary>Updates the priorities of the transitions that are still in the ring, and returns how many are not.</summary>
    [SkipLocalsInit]
    private int Update(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        Span<long> alivePositions = stackalloc long[UpdateRows];
        Span<float> alivePriorities = stackalloc float[UpdateRows];
        int dropped = 0;
        for (int start = 0; start < positions.Length; start += UpdateRows)
        {
            ReadOnlySpan<long> rows = positions.Slice(start, Math.Min(UpdateRows, positions.Length - start));
            _ring.PrefetchFlags(rows);
            int alive = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                if (_ring.IsAlive(rows[i]) && (_ring.FlagsAt(rows[i]) & SlotFlags.Final) == 0)
                {
                    alivePositions[alive] = rows[i];
                    alivePriorities[alive++] = priorities[start + i];
                }
            }

            dropped += rows.Length - alive;
            _selector.UpdatePriorities(alivePositions[..alive], alivePriorities[..alive]);
        }

        return dropped;
    }

    private void Measure()
    {
        Volatile.Write(ref _size, _ring.TransitionCount);
        Volatile.Write(ref _mass, _selector.Mass);
    }
}
