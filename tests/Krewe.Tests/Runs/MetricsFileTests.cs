using System.Text.Json;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class MetricsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();
    private TrainingProgress _progress = new(
        TimeSpan.FromSeconds(10), 1_000, 10_000, Updates: 0, Episodes: 0, MeanReturn: null, Epsilon: 1, LastUpdate: default, PolicyVersion: 0,
        PolicyLag: 0, default, LastEvaluation: null, BestMean: null);

    private string Path => _folder["metrics.jsonl"];

    private JsonElement[] Lines => File.Exists(Path) ? [.. File.ReadLines(Path).Select(line => JsonDocument.Parse(line).RootElement)] : [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_is_written_once_a_second_at_each_evaluation_and_at_the_end()
    {
        using MetricsFile file = Make();
        _time.Advance(TimeSpan.FromSeconds(5));
        file.Write();
        Assert.Empty(Lines);

        file.Begin();
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3, Lines.Length);
        file.Write(new EvaluationReport(11, 900, 9, new EvaluationResult(123.5, 1, 2, 3, 4, 5), IsBest: true, 0.5, null, null));
        Assert.Equal((123.5, 900), (Number(Lines[3], "evaluation_mean"), Number(Lines[3], "evaluation_steps")));
        Assert.Null(Number(Lines[2], "evaluation_mean"));
        file.End();
        _time.Advance(TimeSpan.FromSeconds(3));
        file.Write();
        Assert.Equal(5, Lines.Length);
    }

    [Fact]
    public void A_line_has_the_progress_of_the_run_and_its_rates_and_waits_since_the_previous_line()
    {
        using MetricsFile file = Make();
        file.Begin();
        _progress = _progress with
        {
            Elapsed = TimeSpan.FromSeconds(12),
            EnvironmentSteps = 3_000,
            Updates = 100,
            Episodes = 7,
            MeanReturn = 21.5,
            Epsilon = 0.25,
            LastUpdate = new TrainResult(0.5f, 12, float.NaN),
            PolicyLag = 3,
            Replay = new ReplayStatistics
            {
                Size = 900,
                Inserted = 1_000,
                Sampled = 4_000,
                AppendWait = TimeSpan.FromSeconds(1),
                SampleWait = TimeSpan.FromSeconds(0.5),
            },
        };
        file.Write();
        file.Write();
        string[] names =
        [
            "seconds", "environment_steps", "updates", "episodes", "epsilon", "mean_return", "loss", "mean_q", "gradient_norm", "policy_lag",
            "replay_size", "samples_per_insert", "steps_per_second", "updates_per_second", "actors_waiting", "learner_waiting",
            "evaluation_mean", "evaluation_steps",
        ];
        Assert.Equal(names, Lines[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            [12, 3_000, 100, 7, 0.25, 21.5, 0.5, 12, null, 3, 900, 4, 1_000, 50, 0.25, 0.25, null, null],
            names.Select(name => Number(Lines[0], name)));

        // No time has passed since the previous line: the rates are null, not NaN.
        Assert.Null(Number(Lines[1], "steps_per_second"));
        Assert.Null(Number(Lines[1], "learner_waiting"));
    }

    [Fact]
    public void Values_are_null_before_the_first_update_and_the_first_completed_episode()
    {
        using MetricsFile file = Make();
        file.Begin();
        file.Write();
        Assert.All(["mean_return", "loss", "mean_q", "gradient_norm", "samples_per_insert"], name => Assert.Null(Number(Lines[0], name)));
    }

    [Fact]
    public void An_existing_file_is_appended_to()
    {
        File.WriteAllText(Path, "{}\n");
        using MetricsFile file = Make();
        file.Begin();
        file.End();
        Assert.Equal(2, Lines.Length);
    }

    [Fact]
    public void A_file_that_cannot_be_written_warns_once_and_is_written_again_when_possible()
    {
        List<string> warnings = [];
        Directory.CreateDirectory(Path);
        using MetricsFile file = Make();
        file.Warned = warnings.Add;
        file.Begin();
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.StartsWith(Path + ": ", Assert.Single(warnings), StringComparison.Ordinal);

        Directory.Delete(Path);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(Lines);
        Assert.Single(warnings);
    }

    [Fact]
    public void Nothing_is_written_when_writing_is_not_allowed()
    {
        using var file = new MetricsFile(Path, actors: 2, () => _progress, () => false, _time);
        file.Begin();
        _time.Advance(TimeSpan.FromSeconds(1));
        file.End();
        Assert.False(File.Exists(Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_writes_its_metrics_and_a_resumed_one_appends_to_them(bool deterministic)
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 2_400, deterministic: deterministic);
        options.Run.SaveReplay = true;
        using (var session = new TrainingSession(options, folder: folder))
        {
            await Sessions.Start(session);
        }

        JsonElement[] first = Read();
        int evaluations = File.ReadAllLines(folder.Evaluations).Length;
        Assert.Equal(evaluations, first.Count(line => Number(line, "evaluation_mean") is not null));
        Assert.Equal(2_400, Number(first[^1], "environment_steps"));
        Assert.InRange(Number(first[^1], "updates")!.Value, 100, 10_000);
        Assert.NotNull(Number(first[^1], "loss"));

        var checkpoint = CheckpointFolder.Read(folder.Last);
        checkpoint.Options.Run.Steps = 3_200;
        using var resumed = new TrainingSession(checkpoint.Options, folder: folder, resume: checkpoint, resumeFrom: folder.Last);
        await Sessions.Start(resumed);
        JsonElement[] all = Read();
        Assert.Equal(first.Select(line => line.GetRawText()), all[..first.Length].Select(line => line.GetRawText()));
        Assert.Equal(3_200, Number(all[^1], "environment_steps"));

        JsonElement[] Read() => [.. File.ReadLines(folder.Metrics).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static double? Number(JsonElement line, string name) =>
        line.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    private MetricsFile Make() => new(Path, actors: 2, () => _progress, () => true, _time);
}
