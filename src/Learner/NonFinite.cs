using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>Says why an update was refused, and whether the batch brought the bad number along.</summary>
internal static class NonFinite
{
    /// <summary>Whether an update may be applied.</summary>
    public static bool IsNone(TrainResult result) =>
        float.IsFinite(result.Loss) && float.IsFinite(result.MeanQ) && float.IsFinite(result.GradientNorm);

    /// <summary>Creates the exception for what was found.</summary>
    /// <param name="update">Which update was refused, counted from 1.</param>
    /// <param name="result">What came of it, not all of it finite.</param>
    /// <param name="batch">The batch that it happened on.</param>
    public static NonFiniteUpdateException Create(long update, TrainResult result, SampledBatch batch)
    {
        (string what, float value) = !float.IsFinite(result.MeanQ) ? ("mean Q-value", result.MeanQ)
            : !float.IsFinite(result.Loss) ? ("loss", result.Loss)
            : ("gradient's norm", result.GradientNorm);
        string cause = FindIn(batch)
            ?? "the batch itself is finite, so the parameters have diverged: a smaller learning rate, gradient clipping or scaled rewards may help";
        return new NonFiniteUpdateException(string.Create(
            CultureInfo.InvariantCulture,
            $"update {update} refused, nothing was applied: the {what} is {value}; {cause}"));
    }

    private static string? FindIn(SampledBatch batch) =>
        (batch.Spec.ElementType == ElementType.Float32
            ? FindIn("observation", MemoryMarshal.Cast<byte, float>(batch.Observations), batch.Spec.ObservationLength)
                ?? FindIn("next observation", MemoryMarshal.Cast<byte, float>(batch.NextObservations), batch.Spec.ObservationLength)
            : null)
        ?? FindIn("return", batch.Returns, 1)
        ?? FindIn("discount", batch.Discounts, 1)
        ?? FindIn("weight", batch.Weights, 1);

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
