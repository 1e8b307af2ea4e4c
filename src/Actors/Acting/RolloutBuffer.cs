using System.Runtime.CompilerServices;
using Krewe.Contracts;

namespace Krewe.Actors;

/// <summary>
/// Collects the steps of a vector environment in one rollout of T steps. Each environment has a row of slots, in which the end of an
/// episode ends a segment and the next one begins. At the end of the rollout the rows are copied, one after another, into a
/// <see cref="SegmentBatch"/>. Not thread-safe.
/// </summary>
/// <remarks>
/// Rows are needed because the number of slots of an environment is known only at the end: T + 1, and one more for each episode that ended
/// inside the rollout. A row stays in the L2 cache, so the extra copy costs 29 bytes per CartPole step from there.
/// </remarks>
internal sealed class RolloutBuffer
{
    private readonly int _rowSlots;
    private readonly int _observationBytes;
    private readonly int _actionBytes;
    private readonly byte[] _observations;
    private readonly float[] _rewards;
    private readonly float[] _probabilities;
    private readonly byte[] _actions;
    private readonly SlotFlags[] _flags;
    private readonly int[] _used;
    private readonly int[] _slots;

    public RolloutBuffer(SegmentSpec spec, int environments, int segmentLength)
    {
        _rowSlots = (2 * segmentLength) + 1;
        _observationBytes = spec.ObservationBytes;
        _actionBytes = spec.ActionBytes;
        int slots = checked(environments * _rowSlots);
        _observations = new byte[checked((long)slots * _observationBytes)];
        _rewards = new float[slots];
        _probabilities = new float[slots];
        _actions = new byte[checked((long)slots * _actionBytes)];
        _flags = new SlotFlags[slots];
        _used = new int[environments];
        _slots = new int[environments];
        Batch = new SegmentBatch(spec, slots);
    }

    /// <summary>Computes the initial priorities; null if there are none.</summary>
    public RolloutPriorities? Priorities { get; set; }

    /// <summary>The number of slots of all rows.</summary>
    public int Slots => _flags.Length;

    /// <summary>The batch filled by <see cref="Complete"/>.</summary>
    public SegmentBatch Batch { get; }

    public void Begin() => _used.AsSpan().Clear();

    /// <summary>Adds one step of every environment.</summary>
    /// <param name="observations">The observations that were acted on.</param>
    /// <param name="actions">The actions, [N * action bytes].</param>
    /// <param name="probabilities">Their probabilities, [N].</param>
    /// <param name="greedy">1 where greedy, [N].</param>
    /// <param name="step">The results of the step.</param>
    public void Add(
        ReadOnlySpan<byte> observations, ReadOnlySpan<byte> actions, ReadOnlySpan<float> probabilities, ReadOnlySpan<byte> greedy, in VectorStep step)
    {
        for (int i = 0; i < _used.Length; i++)
        {
            int slot = (i * _rowSlots) + _used[i];
            _slots[i] = slot;
            Store(observations, i, slot);
            StoreAction(actions, i, slot);
            _probabilities[slot] = probabilities[i];
            _rewards[slot] = step.Rewards[i];
            var ended = (SlotFlags)(step.Terminated[i] | (step.Truncated[i] << 1));
            _flags[slot] = ended | (SlotFlags)(greedy[i] << 2);
            _used[i]++;
            if (ended != SlotFlags.None)
            {
                AddFinal(step.FinalObservations, i);
            }
        }

        Priorities?.Add(actions, _slots);
    }

    /// <summary>Adds the final observation to the rows whose last episode is still running, and builds the batch.</summary>
    /// <param name="observations">The observations that will be acted on next.</param>
    /// <param name="actorId">The actor.</param>
    /// <param name="policyVersion">The version of the policy that acted.</param>
    /// <param name="sequence">The actor's sequence number for the batch.</param>
    /// <param name="steps">Number of steps added, over all environments.</param>
    public void Complete(ReadOnlySpan<byte> observations, int actorId, long policyVersion, long sequence, int steps)
    {
        int total = 0;
        for (int i = 0; i < _used.Length; i++)
        {
            if (_flags[(i * _rowSlots) + _used[i] - 1] != SlotFlags.Final)
            {
                AddFinal(observations, i);
            }

            total += _used[i];
        }

        Batch.Start(actorId, policyVersion, sequence, total, hasPriorities: Priorities is not null);
        Batch.StepCount = steps;
        Copy<byte>(_observations, Batch.Observations, _observationBytes);
        Copy<float>(_rewards, Batch.Rewards, 1);
        Copy<float>(_probabilities, Batch.Probabilities, 1);
        Copy<byte>(_actions, Batch.ActionBytes, _actionBytes);
        Copy<SlotFlags>(_flags, Batch.Flags, 1);
        if (Priorities is { } priorities)
        {
            priorities.Complete(_rowSlots, _used, _flags, _rewards, _observations);
            Copy<float>(priorities.Values, Batch.Priorities, 1);
        }
    }

    private void AddFinal(ReadOnlySpan<byte> observations, int environment)
    {
        int slot = (environment * _rowSlots) + _used[environment]++;
        Store(observations, environment, slot);
        _actions.AsSpan(slot * _actionBytes, _actionBytes).Clear();
        _probabilities[slot] = 0;
        _rewards[slot] = 0;
        _flags[slot] = SlotFlags.Final;
    }

    private void Store(ReadOnlySpan<byte> observations, int environment, int slot)
    {
        ReadOnlySpan<byte> source = observations.Slice(environment * _observationBytes, _observationBytes);
        Span<byte> destination = _observations.AsSpan(slot * _observationBytes, _observationBytes);

        // A copy of known length is one load and one store; a general one is a call (a CartPole observation has 16 bytes).
        if (_observationBytes == 16)
        {
            Unsafe.WriteUnaligned(ref destination[0], Unsafe.ReadUnaligned<UInt128>(in source[0]));
        }
        else
        {
            source.CopyTo(destination);
        }
    }

    private void StoreAction(ReadOnlySpan<byte> actions, int environment, int slot)
    {
        ReadOnlySpan<byte> source = actions.Slice(environment * _actionBytes, _actionBytes);
        Span<byte> destination = _actions.AsSpan(slot * _actionBytes, _actionBytes);

        // As above: a discrete action has 4 bytes.
        if (_actionBytes == sizeof(int))
        {
            Unsafe.WriteUnaligned(ref destination[0], Unsafe.ReadUnaligned<int>(in source[0]));
        }
        else
        {
            source.CopyTo(destination);
        }
    }

    private void Copy<T>(T[] rows, Span<T> destination, int width)
    {
        int at = 0;
        for (int i = 0; i < _used.Length; i++)
        {
            int length = _used[i] * width;
            rows.AsSpan(i * _rowSlots * width, length).CopyTo(destination[at..]);
            at += length;
        }
    }
}
