namespace Krewe.Networks;

/// <summary>The action with the largest value.</summary>
public static class Argmax
{
    /// <summary>Returns the index of the largest value, the first among equal ones; NaN is never larger.</summary>
    /// <param name="values">At least one value.</param>
    public static int First(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }
}
