namespace Krewe.Networks;

/// <summary>Layer normalization (Ba et al. 2016) as <c>nn.LayerNorm</c> computes it: (x - mean) / sqrt(variance + 1e-5) * gain + bias.</summary>
internal static class LayerNormalization
{
    /// <summary>PyTorch's default.</summary>
    private const double Epsilon = 1e-5;

    /// <summary>Normalizes in place, with the biased variance.</summary>
    public static void Apply(Span<float> values, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        double mean = sum / values.Length;
        double squares = 0;
        foreach (float value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        double scale = 1 / Math.Sqrt((squares / values.Length) + Epsilon);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((values[i] - mean) * scale * gain[i]) + bias[i];
        }
    }
}
