using System.Globalization;

namespace Krewe.Environments;

/// <summary>
/// Compares an environment's results with a recording, counts the comparisons, and keeps the first difference. Tolerances: 1e-12
/// relative or 1e-14 absolute for a float64 state, one unit in the last place for a float32 observation, none for everything else.
/// </summary>
internal sealed class Comparison
{
    private const double RelativeTolerance = 1e-12;
    private const double AbsoluteTolerance = 1e-14;

    // The vectorized sine may differ from libm's in the last bit, as NumPy's does; four Runge-Kutta stages amplify the difference.
    private const double VectorSlack = 100;

    /// <summary>The current line in the file.</summary>
    public int Line { get; set; }

    /// <summary>The current step in the episode.</summary>
    public int Step { get; set; }

    /// <summary>Whether the vectorized environment is compared: its fields have the prefix <c>vector</c>, and its state a wider tolerance.</summary>
    public bool IsVector { get; set; }

    public long Steps { get; set; }

    public long VectorSteps { get; set; }

    /// <summary>Largest absolute difference of a state variable, for the scalar and for the vectorized environment.</summary>
    public (double Scalar, double Vector) MaxStateDeviation { get; private set; }

    public long MaxObservationUlps { get; private set; }

    public VerificationMismatch? Mismatch { get; private set; }

    /// <summary>Compares numbers exactly.</summary>
    public bool Number(string field, double expected, double got) => expected.Equals(got) || expected == got || Fail(field, Text(expected), Text(got));

    /// <summary>Compares flags.</summary>
    public bool Flag(string field, bool expected, bool got) => expected == got || Fail(field, Text(expected), Text(got));

    /// <summary>Compares float64 values within the tolerance of a state.</summary>
    public bool State(string field, ReadOnlySpan<double> expected, ReadOnlySpan<double> got)
    {
        double slack = IsVector ? VectorSlack : 1;
        for (int i = 0; i < expected.Length; i++)
        {
            double deviation = Math.Abs(expected[i] - got[i]);
            if (!(deviation <= slack * Math.Max(AbsoluteTolerance, RelativeTolerance * Math.Abs(expected[i]))))
            {
                return Fail($"{field}[{i}]", Text(expected[i]), Text(got[i]));
            }

            (double scalar, double vector) = MaxStateDeviation;
            MaxStateDeviation = IsVector ? (scalar, Math.Max(vector, deviation)) : (Math.Max(scalar, deviation), vector);
        }

        return true;
    }

    /// <summary>Compares float32 values within one unit in the last place; the recorded values are float32 values widened to double.</summary>
    public bool Observation(string field, ReadOnlySpan<double> expected, ReadOnlySpan<float> got)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            long ulps = Math.Abs(Ordered((float)expected[i]) - Ordered(got[i]));
            if (!float.IsFinite(got[i]) || ulps > 1)
            {
                return Fail($"{field}[{i}]", Text(expected[i]), Text(got[i]));
            }

            MaxObservationUlps = Math.Max(MaxObservationUlps, ulps);
        }

        return true;
    }

    /// <summary>Records a difference. Always returns false.</summary>
    public bool Fail(string field, string expected, string got)
    {
        Mismatch ??= new VerificationMismatch(Line, Step, IsVector ? $"vector {field}" : field, expected, got);
        return false;
    }

    // Maps floats to integers in the same order: adjacent floats differ by 1, and both zeros map to 0.
    private static long Ordered(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value);
        return bits >= 0 ? bits : -(long)(bits & int.MaxValue);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "true" : "false";
}
