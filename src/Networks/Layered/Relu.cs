namespace Krewe.Networks;

/// <summary>max(x, 0); NaN stays NaN.</summary>
internal static class Relu
{
    public static void Apply(Span<float> values)
    {
        foreach (ref float value in values)
        {
            value = value < 0 ? 0 : value;
        }
    }
}
