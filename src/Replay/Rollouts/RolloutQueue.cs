using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// A queue of rollouts in place of a replay shard, for learners that learn from each rollout once. An append waits while the queue is full,
/// first come, first served, so that no rollout is lost and none grows old: with N actors, at most
/// <see cref="Capacity"/> + N - 1 others are taken between the end of a rollout and its turn. All members are thread-safe. One lock guards
/// the queue; it is held while a rollout is copied and released while a call waits.
/// </summary>
public sealed class RolloutQueue : IExperienceStore, IRollouts
{
    /// <summary>Number of rollouts that may wait for the learner: one to take while an actor stores the next.</summary>
    public const int Capacity = 2;

    // One rollout is one unit of the limiter: an error buffer of one admits an append while fewer than two are left, and a rollout to be
    // taken while one is.
    private readonly Pacer _pacer = new(new RateLimiter(new RateLimiterSettings
    {
        MinSize = 1,
        SamplesPerInsert = 1,
        ErrorBuffer = 1,
        LargestInsert = 1,
        LargestSample = 1,
    }));

    private readonly SegmentBatch[] _rollouts = new SegmentBatch[Capacity];
    private readonly int _slots;
    private long _stored;
    private long _taken;
    private long _stepsStored;
    private long _stepsTaken;

    /// <summary>Allocates the queue.</summary>
    /// <param name="spec">The slot format.</param>
    /// <param name="slots">The most slots of a rollout, at least 2.</param>
    public RolloutQueue(SegmentSpec spec, int slots)
    {
        Spec = spec;
        _slots = slots;
        for (int i = 0; i < Capacity; i++)
        {
            _rollouts[i] = new SegmentBatch(spec, slots);
        }
    }

    /// <summary>The slot format.</summary>
    public SegmentSpec Spec { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is for another spec, does not consist of whole segments, or has too many slots.</exception>
    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (batch.Spec.Hash != Spec.Hash || batch.SlotCount > _slots)
        {
            throw new ArgumentException($"the batch has {batch.SlotCount} slots of {batch.Spec}, the queue takes at most {_slots} of {Spec}", nameof(batch));
        }

        SegmentStructure.Check(batch);
        lock (_pacer.SyncRoot)
        {
            AppendStatus status = _pacer.WaitToAppend(1, timeout, cancellationToken);
            if (status == AppendStatus.Stored)
            {
                _rollouts[_stored++ % Capacity].CopyFrom(batch);
                _stepsStored += batch.StepCount;
                _pacer.EndAppend(1, stored: true);
            }

            return status;
        }
    }

    /// <inheritdoc/>
    public SampleStatus Take(SegmentBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (destination.Spec.Hash != Spec.Hash || destination.SlotCapacity < _slots)
        {
            throw new ArgumentException(
                $"the destination has {destination.SlotCapacity} slots of {destination.Spec}, expected at least {_slots} of {Spec}", nameof(destination));
        }

        lock (_pacer.SyncRoot)
        {
            SampleStatus status = _pacer.WaitToSample(1, timeout, cancellationToken);
            if (status == SampleStatus.Sampled)
            {
                destination.CopyFrom(_rollouts[_taken++ % Capacity]);
                _stepsTaken += destination.StepCount;
            }

            return status;
        }
    }

    /// <inheritdoc/>
    public void CompleteAppends() => _pacer.CompleteAppends();

    /// <inheritdoc/>
    public void Close() => _pacer.Close();

    /// <summary>Writes the rollouts that wait for the learner, for a checkpoint.</summary>
    /// <param name="writer">Receives them.</param>
    public void Save(BinaryWriter writer)
    {
        lock (_pacer.SyncRoot)
        {
            writer.Write((int)(_stored - _taken));
            writer.Write(_stepsStored);
            writer.Write(_stepsTaken);
            for (long i = _taken; i < _stored; i++)
            {
                writer.Write(_rollouts[i % Capacity].Bytes.Span);
            }
        }
    }

    /// <summary>Continues with saved rollouts, before the first append.</summary>
    /// <param name="reader">Where <see cref="Save"/> wrote them.</param>
    /// <exception cref="InvalidDataFormatException">A rollout is damaged.</exception>
    /// <exception cref="IOException">The state is incomplete or damaged.</exception>
    public void Load(BinaryReader reader)
    {
        lock (_pacer.SyncRoot)
        {
            int waiting = reader.ReadInt32();
            (_stepsStored, _stepsTaken) = (reader.ReadInt64(), reader.ReadInt64());
            if (waiting is < 0 or > Capacity || _stepsTaken < 0 || _stepsStored < _stepsTaken)
            {
                throw new IOException($"there are {waiting} rollouts, expected 0 to {Capacity}");
            }

            var bytes = new byte[SegmentBatch.HeaderBytes];
            for (int i = 0; i < waiting; i++)
            {
                reader.BaseStream.ReadExactly(bytes);
                SegmentBatchHeader header = SegmentBatchHeader.Read(bytes);
                if (header.Spec?.Hash != Spec.Hash || header.SlotCount > _slots)
                {
                    throw new IOException($"a rollout has {header.SlotCount} slots of {header.Spec}, expected at most {_slots} of {Spec}");
                }

                reader.BaseStream.ReadExactly(_rollouts[i].Receive(header));
                SegmentBatchCheck.Values(_rollouts[i]);
                SegmentStructure.Check(_rollouts[i]);
            }

            (_stored, _taken) = (waiting, 0);
            _pacer.State = new PacerState(new RateLimiterState(waiting, 0), waiting, 0);
        }
    }

    /// <summary>Returns the counters, in steps; the capacity is in slots.</summary>
    public ReplayStatistics GetStatistics()
    {
        lock (_pacer.SyncRoot)
        {
            return _pacer.GetStatistics(_stepsStored - _stepsTaken, (long)Capacity * _slots, stale: 0) with
            {
                Inserted = _stepsStored,
                Sampled = _stepsTaken,
            };
        }
    }
}
