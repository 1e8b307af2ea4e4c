using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Replays recordings of the reference environments and compares the results: episodes, single steps, transition tables, and NumPy's
/// random streams. A line's fields determine its kind: <c>steps</c>, <c>next_state</c>, <c>P</c> or <c>raw_uint64</c>.
/// </summary>
public static class RecordingVerifier
{
    /// <summary>Replays one file to its end or to the first difference.</summary>
    /// <param name="path">The file: one JSON object per line, plain or gzip.</param>
    /// <param name="registry">Creates the recorded environments.</param>
    /// <returns>The number of comparisons, the largest deviations, and the first difference if there is one.</returns>
    /// <exception cref="InvalidDataFormatException">The file is missing, empty, damaged, or not a recording of a known environment.</exception>
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
                throw new InvalidDataFormatException($"{path}: contains no step to compare, expected at least one");
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
