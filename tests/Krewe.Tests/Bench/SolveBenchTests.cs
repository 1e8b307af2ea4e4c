using System.Text.Json;
using Krewe.Cli;

namespace Krewe.Tests;

[Collection(nameof(Alone))]
public sealed class SolveBenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_figure_of_seeds_that_were_never_solved_is_valid_json()
    {
        TextWriter output = Console.Out;
        using var text = new StringWriter();
        try
        {
            Console.SetOut(text);
            BenchTable.Print([new BenchRow("solve", "seconds", 3, "s", 2, double.PositiveInfinity, Goal: null)], json: true);
        }
        finally
        {
            Console.SetOut(output);
        }

        JsonElement row = Assert.Single(JsonDocument.Parse(text.ToString()).RootElement.GetProperty("rows").EnumerateArray());
        Assert.Equal(("Infinity", 3), (row.GetProperty("high").GetString(), row.GetProperty("value").GetDouble()));
    }

    [Fact]
    public void Trainings_are_measured_once_and_kept()
    {
        string preset = _folder["short.json"];
        File.WriteAllText(preset, """{ "environment": { "id": "CartPole-v1" }, "run": { "steps": 3000 }, "evaluation": { "interval": 1000, "final_episodes": 20 } }""");
        string[] command = ["bench", "solve", "--preset", preset, "--seeds", "2", "--first-seed", "5", "--episodes", "10", "--jobs", "2", "--out", _folder["out"]];
        JsonElement[] rows = [.. CliRun.Ok([.. command, "--json"]).Json.GetProperty("rows").EnumerateArray()];
        Assert.All(rows, row => Assert.StartsWith("short: ", row.GetProperty("name").GetString(), StringComparison.Ordinal));
        Assert.InRange(rows[0].GetProperty("value").GetDouble(), 8, 500);
        Assert.Matches(@"\| short \| 2 \| 3,0\d\d \| ", File.ReadAllText(_folder["out/results.md"]));

        // The results are kept: their runs are not even looked at.
        Assert.True(Directory.Exists(_folder["out/short/5/last"]) && Directory.Exists(_folder["out/short/6/last"]));
        Directory.Delete(_folder["out/short/5"], recursive: true);
        Assert.Equal(rows[0].ToString(), CliRun.Ok([.. command, "--json"]).Json.GetProperty("rows")[0].ToString());
        Assert.False(Directory.Exists(_folder["out/short/5"]));

        CliRun twice = CliRun.Of([.. command, "--preset", _folder["elsewhere/short.json"]]);
        Assert.Equal(2, twice.ExitCode);
        Assert.Contains("the results are named after the presets, expected different names", twice.Error, StringComparison.Ordinal);

        CliRun other = CliRun.Of([.. command, "--set", "learner.batch_size=32"]);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("is the result of other options, another host or another version; choose another folder, or delete it", other.Error, StringComparison.Ordinal);
        Assert.Equal(2, CliRun.Of([.. command, "--host", "grains"]).ExitCode);
    }
}
