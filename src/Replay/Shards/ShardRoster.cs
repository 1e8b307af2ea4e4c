namespace Krewe.Replay;

/// <summary>
/// The shards of a <see cref="ShardedReplay"/>: what each holds, which are lost and which one the next batch goes to. A lost shard stays
/// lost. Guarded by its owner's lock, except for the members that say otherwise.
/// </summary>
internal sealed class ShardRoster
{
    /// <summary>The most shards.</summary>
    public const int MaxShards = 1024;

    private readonly IReplayShard[] _shards;

    // What each shard held at first and was given since. A lost shard's entry is long.MaxValue: never the one with the fewest.
    private readonly long[] _assigned;
    private long _lostUpdates;

    /// <summary>Makes the roster.</summary>
    /// <param name="shards">The shards, numbered from 0 and of one spec.</param>
    /// <exception cref="ArgumentException">There are none or too many shards, or they do not fit together.</exception>
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

    /// <summary>The shards, lost ones included. Any thread.</summary>
    public IReadOnlyList<IReplayShard> Shards => _shards;

    /// <summary>Number of shards, lost ones included. Any thread.</summary>
    public int Count => _shards.Length;

    /// <summary>Shards that are lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Transitions over all shards that are not lost.</summary>
    public long Size => ReadSizes(stackalloc long[_shards.Length]);

    /// <summary>Priority updates dropped, those for lost shards included. Any thread.</summary>
    public long StaleUpdates => Interlocked.Read(ref _lostUpdates) + _shards.Sum(shard => shard.StaleUpdates);

    /// <summary>A shard, lost or not. Any thread.</summary>
    /// <param name="index">Its index.</param>
    public IReplayShard this[int index] => _shards[index];

    /// <summary>Reads what each shard holds; a lost one holds nothing.</summary>
    /// <param name="sizes">Receives the transitions of each shard, [shards].</param>
    /// <returns>Their sum.</returns>
    public long ReadSizes(Span<long> sizes)
    {
        long total = 0;
        for (int j = 0; j < sizes.Length; j++)
        {
            sizes[j] = IsLost(j) ? 0 : _shards[j].Size;
            total += sizes[j];
        }

        return total;
    }

    /// <summary>Assigns a batch to the shard that was given the fewest transitions. At least one shard must be left.</summary>
    /// <param name="transitions">Transitions of the batch.</param>
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

    /// <summary>Starts assigning again from what the shards hold now.</summary>
    public void ResetAssignments()
    {
        for (int j = 0; j < _shards.Length; j++)
        {
            _assigned[j] = IsLost(j) ? long.MaxValue : _shards[j].Size;
        }
    }

    /// <summary>Marks a shard as lost.</summary>
    /// <param name="shard">Its index.</param>
    /// <returns>Whether it was not lost before.</returns>
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

    /// <summary>Passes new priorities on to their shards; those for lost shards are dropped. Any thread.</summary>
    /// <param name="shards">Shard of each sample, [n], checked.</param>
    /// <param name="positions">Position of each sample, [n].</param>
    /// <param name="priorities">The new priorities, [n], checked.</param>
    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        int end;
        for (int start = 0; start < shards.Length; start = end)
        {
            // A mini-batch holds each shard's samples next to each other: one call per shard, not one per sample.
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
