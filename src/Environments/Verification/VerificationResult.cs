namespace Krewe.Environments;

/// <summary>What replaying one file of recordings gave.</summary>
/// <param name="Path">The file.</param>
/// <param name="Environments">The ids that it recorded, in the order of their first appearance; empty for a file of random streams.</param>
/// <param name="Steps">Steps (of a table: outcomes; of random streams: numbers) compared with the scalar environment.</param>
/// <param name="VectorSteps">Of these, steps compared with the native vectorized version too.</param>
/// <param name="MaxStateDeviation">Largest absolute difference of a float64 state variable of the scalar environment.</param>
/// <param name="MaxVectorStateDeviation">The same of the native vectorized version.</param>
/// <param name="MaxObservationUlps">Largest difference of a float32 observation in units of its last place, of either.</param>
/// <param name="Mismatch">The first difference beyond the tolerances; null when there is none.</param>
public sealed record VerificationResult(
    string Path,
    IReadOnlyList<string> Environments,
    long Steps,
    long VectorSteps,
    double MaxStateDeviation,
    double MaxVectorStateDeviation,
    long MaxObservationUlps,
    VerificationMismatch? Mismatch)
{
    /// <summary>Whether everything agreed.</summary>
    public bool Passed => Mismatch is null;
}

/// <summary>Where a replay first differed from its recording.</summary>
/// <param name="Line">The line in the file, from 1.</param>
/// <param name="Step">The step in the episode, from 1; 0 for the reset or for a line that is no episode.</param>
/// <param name="Field">The field, for example <c>obs[2]</c> or <c>reward</c>; <c>vector </c> before it where only the vectorized version differs.</param>
/// <param name="Expected">What was recorded.</param>
/// <param name="Got">What the environment gave.</param>
public sealed record VerificationMismatch(int Line, int Step, string Field, string Expected, string Got)
{
    /// <summary>One line for a message.</summary>
    public override string ToString() => $"line {Line}, step {Step}: {Field}: expected {Expected}, got {Got}";
}
