using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Krewe.Contracts;

/// <summary>
/// Validates the values of a batch received from outside, once, on arrival; replay validates the structure of the segments. Thread-safe;
/// allocates only if it throws.
/// </summary>
public static class SegmentBatchCheck
{
    private const SlotFlags All = SlotFlags.Terminated | SlotFlags.Truncated | SlotFlags.Greedy | SlotFlags.Final;

    /// <summary>
    /// Rejects discrete actions and observations outside [0, n), rewards and float actions and observations that are not finite,
    /// probabilities outside [0, 1] (densities of float actions that are negative or not finite), initial priorities that are negative or not finite, and unknown flags, in final slots too.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="InvalidDataFormatException">
    /// A value is invalid; the message names the actor, sequence number, slot, column, value and what was expected.
    /// </exception>
    public static void Values(SegmentBatch batch)
    {
        Observations(batch);
        int slot = FirstOutside(batch.Rewards, float.MinValue, float.MaxValue);
        if (slot >= 0)
        {
            throw Refuse(batch, slot, $"reward {batch.Rewards[slot]}, expected a finite number");
        }

        // Of continuous actions it is a density.
        bool isDensity = batch.Spec.ActionType == ElementType.Float32;
        slot = FirstOutside(batch.Probabilities, 0, isDensity ? float.MaxValue : 1);
        if (slot >= 0)
        {
            throw Refuse(batch, slot, $"probability {batch.Probabilities[slot]}, expected {(isDensity ? "a density, finite and not negative" : "0 to 1")}");
        }

        Priorities(batch);
        Actions(batch);
        slot = MemoryMarshal.AsBytes(batch.Flags).IndexOfAnyExceptInRange((byte)0, (byte)All);
        if (slot >= 0)
        {
            throw Refuse(batch, slot, $"flags {(byte)batch.Flags[slot]}, expected 0 to {(byte)All}");
        }
    }

    /// <summary>Rejects initial priorities that are negative or not finite.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="InvalidDataFormatException">A priority is invalid; the message names the actor, the slot and the value.</exception>
    public static void Priorities(SegmentBatch batch)
    {
        int slot = FirstOutside(batch.Priorities, 0, float.MaxValue);
        if (slot >= 0)
        {
            throw Refuse(batch, slot, $"initial priority {batch.Priorities[slot]}, expected a finite number, at least 0");
        }
    }

    private static void Actions(SegmentBatch batch)
    {
        SegmentSpec spec = batch.Spec;
        if (spec.ActionType == ElementType.Float32)
        {
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(batch.ActionBytes);
            int at = FirstOutside(values, float.MinValue, float.MaxValue);
            if (at >= 0)
            {
                (int row, int element) = Math.DivRem(at, spec.ActionLength);
                throw Refuse(batch, row, $"action element {element} is {values[at]}, expected a finite number");
            }

            return;
        }

        int slot = batch.Actions.IndexOfAnyExceptInRange(0, spec.ActionCount - 1);
        if (slot >= 0)
        {
            throw Refuse(batch, slot, $"action {batch.Actions[slot]}, expected 0 to {spec.ActionCount - 1}");
        }
    }

    private static void Observations(SegmentBatch batch)
    {
        SegmentSpec spec = batch.Spec;
        if (spec.ElementType == ElementType.Float32)
        {
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(batch.Observations);
            int at = FirstOutside(values, float.MinValue, float.MaxValue);
            if (at >= 0)
            {
                (int slot, int element) = Math.DivRem(at, spec.ObservationLength);
                throw Refuse(batch, slot, $"observation element {element} is {values[at]}, expected a finite number");
            }
        }
        else if (spec.ElementType == ElementType.Int32)
        {
            ReadOnlySpan<int> values = MemoryMarshal.Cast<byte, int>(batch.Observations);
            int at = values.IndexOfAnyExceptInRange(0, spec.ObservationCount - 1);
            if (at >= 0)
            {
                (int slot, int element) = Math.DivRem(at, spec.ObservationLength);
                throw Refuse(batch, slot, $"observation element {element} is {values[at]}, expected 0 to {spec.ObservationCount - 1}");
            }
        }
    }

    /// <summary>Returns the index of the first value that is NaN or outside [low, high], or -1.</summary>
    private static int FirstOutside(ReadOnlySpan<float> values, float low, float high)
    {
        Vector256<float> lows = Vector256.Create(low);
        Vector256<float> highs = Vector256.Create(high);
        int i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> block = Vector256.Create(values[i..]);

            // Comparisons with NaN are false, so NaN counts as outside.
            Vector256<float> inside = Vector256.GreaterThanOrEqual(block, lows) & Vector256.LessThanOrEqual(block, highs);
            if (inside.AsInt32() != Vector256<int>.AllBitsSet)
            {
                break;
            }
        }

        for (; i < values.Length; i++)
        {
            if (!(values[i] >= low && values[i] <= high))
            {
                return i;
            }
        }

        return -1;
    }

    private static InvalidDataFormatException Refuse(SegmentBatch batch, int slot, FormattableString what) => WireSpec.Refuse(
        $"segment batch {batch.Sequence} of actor {batch.ActorId}, slot {slot} of {batch.SlotCount}: {FormattableString.Invariant(what)}");
}
