using System.Globalization;

namespace Krewe.Environments;

/// <summary>
/// Compares what an environment gives with what was recorded, counts, and keeps the first difference. Tolerances: a float64 state
/// 1e-12 relative or 1e-14 absolute, a float32 observation one unit in the last place, everything else none.
/// </summary>
internal sealed class Comparison
{
    private const double RelativeTolerance = 1e-12;
    private const double AbsoluteTolerance = 1e-14;

    // The vector's sine may differ from libm's in the last bit; four Runge-Kutta stages make more of it, as they do of NumPy's.
    private const double VectorSlack = 100;

    /// <summary>Where the comparison stands: the line in the file.</summary>
    public int Line { get; set; }

    /// <summary>Where the comparison stands: the step in the episode.</summary>
    public int Step { get; set; }

    /// <summary>Whether the vectorized environment is compared: its fields carry its name, and its state has some slack.</summary>
    public bool IsVector { get; set; }

    public long Steps { get; set; }

    public long VectorSteps { get; set; }

    /// <summary>Largest absolute difference of a state, of the scalar environment and of the vectorized one.</summary>
    public (double Scalar, double Vector) MaxStateDeviation { get; private set; }

    public long MaxObservationUlps { get; private set; }

    public VerificationMismatch? Mismatch { get; private set; }

    /// <summary>Exactly equal numbers.</summary>
    public bool Number(string field, double expected, double got) => expected.Equals(got) || expected == got || Fail(field, Text(expected), Text(got));

    /// <summary>Equal flags.</summary>
    public bool Flag(string field, bool expected, bool got) => expected == got || Fail(field, Text(expected), Text(got));

    /// <summary>Equal within the tolerances of a float64 state.</summary>
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

    /// <summary>Equal within one unit in the last place of float32; recorded values are doubles that float32 widened to.</summary>
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

    /// <summary>Keeps a difference; always false.</summary>
    public bool Fail(string field, string expected, string got)
    {
        Mismatch ??= new VerificationMismatch(Line, Step, IsVector ? $"vector {field}" : field, expected, got);
        return false;
    }

    // Floats in order as integers: neighbours differ by one, both zeros are 0.
    private static long Ordered(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value);
        return bits >= 0 ? bits : -(long)(bits & int.MaxValue);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "true" : "false";
}
