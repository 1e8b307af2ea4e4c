using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Checks that a run of slots consists of whole segments: every segment has a step and ends with a final slot, and a step that ended its
/// episode is followed only by the final slot with the final observation. Sampling relies on this: a walk from a step always meets a final
/// slot before the write head. Thread-safe.
/// </summary>
internal static class SegmentStructure
{
    private const SlotFlags Ends = SlotFlags.Terminated | SlotFlags.Truncated;

    /// <summary>Throws if a batch does not consist of whole segments, or not of the steps that its header says.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="ArgumentException">It does not; the message names the slot.</exception>
    public static void Check(SegmentBatch batch)
    {
        int steps = CountSteps(batch.Flags, out int fault);
        if (fault >= 0 || steps != batch.StepCount)
        {
            ThrowMalformed(batch, steps, fault);
        }
    }

    /// <summary>Counts the steps of whole segments.</summary>
    /// <param name="flags">The slots' flags, [slots].</param>
    /// <param name="fault">Index of a slot that breaks the structure; -1 if there is none.</param>
    /// <returns>Number of slots that are not final; 0 on a fault.</returns>
    public static int CountSteps(ReadOnlySpan<SlotFlags> flags, out int fault)
    {
        if (flags.IsEmpty || IsFinal(flags[0]))
        {
            fault = 0;
            return 0;
        }

        if (!IsFinal(flags[^1]))
        {
            fault = flags.Length - 1;
            return 0;
        }

        fault = FirstBadPair(flags);
        return fault < 0 ? flags.Length - CountFinal(flags) : 0;
    }

    /// <summary>Counts the final slots.</summary>
    /// <param name="flags">The slots' flags, [slots].</param>
    public static int CountFinal(ReadOnlySpan<SlotFlags> flags)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(flags);
        int count = 0;
        int i = 0;
        Vector256<byte> final = Vector256.Create((byte)SlotFlags.Final);
        for (; i <= bytes.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            Vector256<byte> bits = Vector256.Equals(Vector256.Create(bytes[i..]) & final, final);
            count += System.Numerics.BitOperations.PopCount(bits.ExtractMostSignificantBits());
        }

        for (; i < bytes.Length; i++)
        {
            count += (bytes[i] & (byte)SlotFlags.Final) >> 3;
        }

        return count;
    }

    /// <summary>Describes why a slot breaks the structure.</summary>
    /// <param name="previous">Flags of the slot before it; <see cref="SlotFlags.Final"/> for the first.</param>
    /// <param name="current">Flags of the slot.</param>
    public static string Describe(SlotFlags previous, SlotFlags current)
    {
        if (IsFinal(previous) && IsFinal(current))
        {
            return "is final, but its segment has no step";
        }

        return (previous & Ends) != 0 && !IsFinal(current)
            ? "follows a step that ended its episode, but is not final"
            : "is the last, but not final";
    }

    /// <summary>Whether one slot may follow another.</summary>
    /// <param name="previous">Flags of the earlier slot.</param>
    /// <param name="current">Flags of the later slot.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayFollow(SlotFlags previous, SlotFlags current) =>
        IsFinal(previous) ? !IsFinal(current) : IsFinal(current) || (previous & Ends) == 0;

    private static void ThrowMalformed(SegmentBatch batch, int steps, int fault)
    {
        if (batch.SlotCount == 0)
        {
            throw new ArgumentException("the batch is empty", nameof(batch));
        }

        if (fault < 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"the batch has a step count of {batch.StepCount}, but its flags have {steps} steps"), nameof(batch));
        }

        SlotFlags previous = fault == 0 ? SlotFlags.Final : batch.Flags[fault - 1];
        throw new ArgumentException(
            FormattableString.Invariant($"slot {fault} of {batch.SlotCount} {Describe(previous, batch.Flags[fault])}"), nameof(batch));
    }

    private static bool IsFinal(SlotFlags flags) => (flags & SlotFlags.Final) != 0;

    private static int FirstBadPair(ReadOnlySpan<SlotFlags> flags)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(flags);
        int i = 0;
        Vector256<byte> final = Vector256.Create((byte)SlotFlags.Final);
        Vector256<byte> ends = Vector256.Create((byte)Ends);
        for (; i < bytes.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            Vector256<byte> current = Vector256.Create(bytes[i..]);
            Vector256<byte> currentFinal = Vector256.Equals(current & final, final);
            Vector256<byte> nextFinal = Vector256.Equals(Vector256.Create(bytes[(i + 1)..]) & final, final);
            Vector256<byte> ended = ~Vector256.Equals(current & ends, Vector256<byte>.Zero);
            Vector256<byte> bad = (currentFinal & nextFinal) | Vector256.AndNot(Vector256.AndNot(ended, currentFinal), nextFinal);
            if (bad != Vector256<byte>.Zero)
            {
                break;
            }
        }

        for (; i < flags.Length - 1; i++)
        {
            if (!MayFollow(flags[i], flags[i + 1]))
            {
                return i + 1;
            }
        }

        return -1;
    }
}
