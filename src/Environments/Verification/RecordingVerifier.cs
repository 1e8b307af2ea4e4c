using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Replays recordings of the reference environments and compares: whole episodes, single steps, transition tables, and NumPy's
/// random streams. A line says by its fields what it is: <c>steps</c>, <c>next_state</c>, <c>P</c> or <c>raw_uint64</c>.
/// </summary>
public static class RecordingVerifier
{
    /// <summary>Replays one file until its end or the first difference.</summary>
    /// <param name="path">The file: JSON objects, one a line, plain or gzip.</param>
    /// <param name="registry">Where the environments that it names come from.</param>
    /// <returns>How much was compared, the largest deviation, and the first difference if there was one.</returns>
    /// <exception cref="InvalidDataFormatException">The file is missing, empty, damaged, or no recording of a known environment.</exception>
    public static VerificationResult Verify(string path, EnvironmentRegistry registry)
    {
        var comparison = new Comparison();
        var made = new Dictionary<string, RecordedEnvironment>(StringComparer.Ordinal);
        try
        {
            foreach (RecordedLine line in RecordingReader.Read(path))
            {
                comparison.Line = line.Line;
                if (!Verify(line, registry, made, comparison))
                {
                    break;
                }
            }

            if (comparison.Mismatch is null && comparison.Steps == 0)
            {
                throw new InvalidDataFormatException($"{path}: holds no step to compare, expected at least one");
            }

            return new VerificationResult(
                path,
                [.. made.Values.Select(x => x.Id).Distinct()],
                comparison.Steps,
                comparison.VectorSteps,
                comparison.MaxStateDeviation.Scalar,
                comparison.MaxStateDeviation.Vector,
                comparison.MaxObservationUlps,
                comparison.Mismatch);
        }
        finally
        {
            foreach (RecordedEnvironment environment in made.Values)
            {
                environment.Dispose();
            }
        }
    }

    private static bool Verify(
        RecordedLine line, EnvironmentRegistry registry, Dictionary<string, RecordedEnvironment> made, Comparison comparison)
    {
        if (line.Has("raw_uint64"))
        {
            return RandomStreamVerifier.Verify(line, comparison);
        }

        if (line.Has("steps"))
        {
            return EpisodeVerifier.Verify(line, RecordedEnvironment.For(line, registry, made), comparison);
        }

        if (line.Has("next_state"))
        {
            return SingleStepVerifier.Verify(line, RecordedEnvironment.For(line, registry, made), comparison);
        }

        return line.Has("P")
            ? TransitionTableVerifier.Verify(line, RecordedEnvironment.For(line, registry, made), comparison)
            : throw line.Error("not a recording: expected a field steps (an episode), next_state (a single step), P (a table) or raw_uint64 (a random stream)");
    }
}
