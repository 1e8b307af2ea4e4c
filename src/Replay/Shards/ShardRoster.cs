namespace Krewe.Replay;

/// <summary>
/// The shards of a <see cref="ShardedReplay"/>: their sizes and masses, which of them are lost, and which one receives the next batch. A lost
/// shard stays lost. Guarded by its owner's lock, except for members documented as thread-safe.
/// </summary>
internal sealed class ShardRoster
{
    /// <summary>The maximum number of shards.</summary>
    public const int MaxShards = 1024;

    private readonly IReplayShard[] _shards;

    // The initial size of each shard plus the transitions assigned to it since. The entry of a lost shard is long.MaxValue, so that it is
    // never the smallest.
    private readonly long[] _assigned;
    private long _lostUpdates;

    /// <summary>Creates the roster.</summary>
    /// <param name="shards">The shards, indexed from 0 and with the same spec.</param>
    /// <exception cref="ArgumentException">There are no or too many shards, or their indices or specs do not match.</exception>
    public ShardRoster(IReadOnlyList<IReplayShard> shards)
    {
        if (shards.Count is 0 or > MaxShards)
        {
            throw new ArgumentException(FormattableString.Invariant($"{shards.Count} shards: must be 1 to {MaxShards}"), nameof(shards));
        }

        _shards = [.. shards];
        _assigned = new long[_shards.Length];
        for (int j = 0; j < _shards.Length; j++)
        {
            IReplayShard shard = _shards[j];
            if (shard.Index != j || shard.Spec.Hash != _shards[0].Spec.Hash)
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"shard {j}: has index {shard.Index} and holds {shard.Spec}; must have index {j} and hold {_shards[0].Spec}"),
                    nameof(shards));
            }
        }

        ResetAssignments();
    }

    /// <summary>The shards, including lost ones. Thread-safe.</summary>
    public IReadOnlyList<IReplayShard> Shards => _shards;

    /// <summary>Number of shards, including lost ones. Thread-safe.</summary>
    public int Count => _shards.Length;

    /// <summary>Number of lost shards.</summary>
    public int Lost { get; private set; }

    /// <summary>Number of transitions over all shards that are not lost.</summary>
    public long Size
    {
        get
        {
            long size = 0;
            for (int j = 0; j < _shards.Length; j++)
            {
                size += IsLost(j) ? 0 : _shards[j].Size;
            }

            return size;
        }
    }

    /// <summary>Number of priority updates dropped, including those for lost shards. Thread-safe.</summary>
    public long StaleUpdates => Interlocked.Read(ref _lostUpdates) + _shards.Sum(shard => shard.StaleUpdates);

    /// <summary>Gets a shard, lost or not. Thread-safe.</summary>
    /// <param name="index">The index of the shard.</param>
    public IReplayShard this[int index] => _shards[index];

    /// <summary>Reads the mass of each shard; the mass of a lost shard is 0.</summary>
    /// <param name="masses">Receives the mass of each shard, [shards].</param>
    /// <returns>Their sum.</returns>
    public double ReadMasses(Span<double> masses)
    {
        double total = 0;
        for (int j = 0; j < masses.Length; j++)
        {
            masses[j] = IsLost(j) ? 0 : _shards[j].Mass;
            total += masses[j];
        }

        return total;
    }

    /// <summary>Assigns a batch to the shard with the fewest transitions assigned so far. At least one shard must not be lost.</summary>
    /// <param name="transitions">Number of transitions in the batch.</param>
    /// <returns>The shard's index.</returns>
    public int Assign(int transitions)
    {
        int fewest = 0;
        for (int j = 1; j < _assigned.Length; j++)
        {
            if (_assigned[j] < _assigned[fewest])
            {
                fewest = j;
            }
        }

        _assigned[fewest] += transitions;
        return fewest;
    }

    /// <summary>Transitions assigned to each shard so far, counted from its initial size.</summary>
    public long[] Assignments => [.. _assigned];

    /// <summary>Restarts the assignment.</summary>
    /// <param name="assigned">Transitions assigned to each shard so far; empty for the current sizes of the shards.</param>
    public void ResetAssignments(IReadOnlyList<long>? assigned = null)
    {
        for (int j = 0; j < _shards.Length; j++)
        {
            _assigned[j] = IsLost(j) ? long.MaxValue : assigned is { Count: > 0 } ? assigned[j] : _shards[j].Size;
        }
    }

    /// <summary>Marks a shard as lost.</summary>
    /// <param name="shard">The index of the shard.</param>
    /// <returns>Whether the shard was not lost before.</returns>
    public bool TryMarkLost(int shard)
    {
        if (IsLost(shard))
        {
            return false;
        }

        Volatile.Write(ref _assigned[shard], long.MaxValue);
        Lost++;
        return true;
    }

    /// <summary>Forwards new priorities to their shards; those for lost shards are dropped. Thread-safe.</summary>
    /// <param name="shards">Shard of each sample, [n], checked.</param>
    /// <param name="positions">Position of each sample, [n].</param>
    /// <param name="priorities">The new priorities, [n], checked.</param>
    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        int end;
        for (int start = 0; start < shards.Length; start = end)
        {
            // The samples of a shard are adjacent in a mini-batch: one call per shard, not one per sample.
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

    private bool IsLost(int shard) => Volatile.Read(ref _assigned[shard]) == long.MaxValue;
}
