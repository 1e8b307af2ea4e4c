using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>Explains why an update was rejected, and whether the batch already contained the non-finite number.</summary>
internal static class NonFinite
{
    /// <summary>Whether an update may be applied.</summary>
    public static bool IsNone(TrainResult result) =>
        float.IsFinite(result.Loss) && float.IsFinite(result.MeanQ) && float.IsFinite(result.GradientNorm);

    /// <summary>Creates the exception for what was found.</summary>
    /// <param name="update">The number of the rejected update, from 1.</param>
    /// <param name="result">The result of the update, not all of it finite.</param>
    /// <param name="batch">The batch of the update.</param>
    public static NonFiniteUpdateException Create(long update, TrainResult result, SampledBatch batch)
    {
        (string what, float value) = !float.IsFinite(result.MeanQ) ? ("mean Q-value", result.MeanQ)
            : !float.IsFinite(result.Loss) ? ("loss", result.Loss)
            : ("gradient norm", result.GradientNorm);
        string cause = FindIn(batch)
            ?? "the batch itself is finite, so the parameters have diverged: a smaller learning rate, gradient clipping or scaled rewards may help";
        return new NonFiniteUpdateException(string.Create(
            CultureInfo.InvariantCulture,
            $"update {update} was rejected and not applied: the {what} is {value}; {cause}"));
    }

    /// <summary>Finds a number of a batch that is not finite; null when there is none.</summary>
    /// <param name="batch">The batch.</param>
    public static string? FindIn(SampledBatch batch) =>
        (batch.Spec.ElementType == ElementType.Float32
            ? FindIn("observation", MemoryMarshal.Cast<byte, float>(batch.Observations), batch.Spec.ObservationLength)
                ?? FindIn("next observation", MemoryMarshal.Cast<byte, float>(batch.NextObservations), batch.Spec.ObservationLength)
            : null)
        ?? FindIn("return", batch.Returns, 1)
        ?? FindIn("discount", batch.Discounts, 1)
        ?? FindIn("weight", batch.Weights, 1);

    /// <summary>Describes a priority that replay would refuse; null when there is none.</summary>
    /// <param name="priorities">The priorities of a batch.</param>
    public static string? FindInvalidPriority(ReadOnlySpan<float> priorities)
    {
        int at = priorities.IndexOfAnyExceptInRange(0, float.MaxValue);
        return at < 0 ? null : FormattableString.Invariant($"the priority of sample {at} is {priorities[at]}, expected a finite number, not negative");
    }

    private static string? FindIn(string name, ReadOnlySpan<float> values, int each)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                string element = each > 1 ? string.Create(CultureInfo.InvariantCulture, $", element {i % each}") : "";
                return string.Create(
                    CultureInfo.InvariantCulture, $"the {name} of sample {i / each}{element} was already {values[i]} in the batch");
            }
        }

        return null;
    }
}
