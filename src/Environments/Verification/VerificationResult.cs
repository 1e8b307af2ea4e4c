namespace Krewe.Environments;

/// <summary>The result of replaying one file of recordings.</summary>
/// <param name="Path">The file.</param>
/// <param name="Environments">Ids of the recorded environments, in order of first appearance; empty for a file of random streams.</param>
/// <param name="Steps">Number of steps (outcomes of a table, numbers of a random stream) compared with the scalar environment.</param>
/// <param name="VectorSteps">Number of these steps that were also compared with the native vectorized version.</param>
/// <param name="MaxStateDeviation">Largest absolute difference of a float64 state variable in the scalar environment.</param>
/// <param name="MaxVectorStateDeviation">Largest absolute difference of a float64 state variable in the native vectorized version.</param>
/// <param name="MaxObservationUlps">Largest difference of a float32 observation in either version, in units in the last place.</param>
/// <param name="Mismatch">The first difference beyond the tolerances; null if there is none.</param>
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
    /// <summary>Whether there was no mismatch.</summary>
    public bool Passed => Mismatch is null;
}

/// <summary>Where a replay first differed from its recording.</summary>
/// <param name="Line">The line in the file, from 1.</param>
/// <param name="Step">The step in the episode, from 1; 0 for the reset or for a line that is not an episode.</param>
/// <param name="Field">The field, for example <c>obs[2]</c>; with the prefix <c>vector </c> if only the vectorized version differs.</param>
/// <param name="Expected">The recorded value.</param>
/// <param name="Got">The environment's value.</param>
public sealed record VerificationMismatch(int Line, int Step, string Field, string Expected, string Got)
{
    /// <summary>Describes the difference in one line.</summary>
    public override string ToString() => $"line {Line}, step {Step}: {Field}: expected {Expected}, got {Got}";
}
