using System.Globalization;
using System.Text.Json;

namespace Krewe.Cli;

/// <summary>
/// Trains CartPole-v1 with its preset once per seed, each time in a new process as a user would, so that the result includes a cold
/// start.
/// </summary>
internal static class SolveBench
{
    private const double Threshold = 475;

    public static IEnumerable<BenchRow> Run(int seeds, TextWriter log)
    {
        string folder = Directory.CreateTempSubdirectory("krewe-bench-").FullName;
        var seconds = new List<double>();
        int stayed = 0;
        try
        {
            for (int seed = 0; seed < seeds; seed++)
            {
                JsonElement result = Train(seed, Path.Combine(folder, seed.ToString(CultureInfo.InvariantCulture)));
                double mean = result.GetProperty("eval_mean").GetDouble();
                JsonElement solvedAt = result.GetProperty("solved_at_s");
                seconds.Add(solvedAt.ValueKind == JsonValueKind.Null ? double.PositiveInfinity : solvedAt.GetDouble());
                stayed += mean >= Threshold ? 1 : 0;
                log.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"seed {seed,3}: solved after {seconds[^1]:F3} s, {result.GetProperty("solved_at_step")} steps; final {mean:F1} +/- {result.GetProperty("eval_std").GetDouble():F1}; {result.GetProperty("updates_per_s").GetDouble():N0} updates/s, {result.GetProperty("wall_s").GetDouble():F2} s in all"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        seconds.Sort();
        double median = seeds % 2 == 1 ? seconds[seeds / 2] : (seconds[(seeds / 2) - 1] + seconds[seeds / 2]) / 2;
        yield return new BenchRow(
            "solve", $"CartPole-v1 preset: first evaluation >= 475, median of {seeds} seeds", median, "s", seconds[0], seconds[^1], 1.0, LowerIsBetter: true);
        yield return new BenchRow(
            "solve", "CartPole-v1 preset: seeds whose final 100 greedy episodes average >= 475", stayed, $"of {seeds}", stayed, stayed, seeds);
    }

    private static JsonElement Train(int seed, string folder)
    {
        string output = ThisProgram.Run("train", "CartPole-v1", "--json", "--seed", seed.ToString(CultureInfo.InvariantCulture), "--out", folder);
        return JsonSerializer.Deserialize<JsonElement>(output.TrimEnd().Split('\n')[^1]);
    }
}
