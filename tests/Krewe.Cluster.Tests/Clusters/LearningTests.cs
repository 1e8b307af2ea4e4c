using System.Text.Json;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster.Tests;

[Collection(nameof(SeparateRoles))]
public sealed class LearningTests(SeparateRoles roles)
{
    [Fact]
    public async Task A_run_over_silos_of_each_role_solves_CartPole()
    {
        TrainingOptions options = Preset.Load("CartPole-v1");
        options.Actor.Count = 2;
        options.Replay.Shards = 2;
        TestRun run = await TestRun.Create(roles.Silos, options);
        RunStatus running = await run.UntilRunning();
        Assert.Equal(2, running.ActorsBySilo.Count);
        Assert.DoesNotContain(running.LearnerSilo!, running.ActorsBySilo.Keys);
        Assert.Equal((2, 2, 1), (running.ActorsRunning, running.ShardsRunning, running.LearnerEpoch));

        RunStatus end = await run.UntilCompleted();
        RunOutcome outcome = end.Outcome!;
        Assert.InRange(outcome.Final!.Mean, 475, 500);
        Assert.False(outcome.Interrupted);
        Assert.InRange(outcome.SolvedAtStep!.Value, 1, options.Run.Steps);
        Assert.Equal(options.Run.Steps, outcome.EnvironmentSteps);
        Assert.Equal(options.Run.Steps, end.Figures.EnvironmentSteps);

        // No drift: samples per insert are as configured.
        double wanted = options.Replay.SamplesPerInsert * (options.Run.Steps - options.Replay.MinSize) / options.Learner.BatchSize;
        Assert.InRange(outcome.Updates, 0.9 * wanted, 1.1 * wanted);
        Curve(end);
        Checkpoints(run.Id, end, options);
    }

    private static void Curve(RunStatus end)
    {
        Assert.InRange(end.Evaluations.Count, 5, 60);
        Assert.Equal(end.Evaluations.Count, end.EvaluationCount);
        Assert.Equal(end.Evaluations.Select(point => point.EnvironmentSteps).Order(), end.Evaluations.Select(point => point.EnvironmentSteps));
        Assert.Equal(end.Evaluations.Max(point => point.Mean), end.Figures.BestMean);
        Assert.Contains(end.Evaluations, point => point.IsBest);
    }

    private void Checkpoints(string runId, RunStatus end, TrainingOptions options)
    {
        string folder = roles.Silos.Folder(runId);
        Assert.Equal(Path.Combine(folder, "best"), end.Outcome!.Checkpoint);
        Checkpoint best = CheckpointFolder.Read(Path.Combine(folder, "best"));
        Checkpoint last = CheckpointFolder.Read(Path.Combine(folder, "last"));
        Assert.Equal(end.Figures.BestMean, best.BestMean);
        Assert.Equal(end.Outcome.Updates, last.Updates);
        Assert.Equal(options.Run.Steps, last.EnvironmentSteps);
        Assert.Equal(end.Evaluations.Count, File.ReadAllLines(Path.Combine(folder, "evaluations.jsonl")).Length);
        JsonElement[] metrics = [.. File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(end.Evaluations.Count, metrics.Count(line => line.GetProperty("evaluation_mean").ValueKind == JsonValueKind.Number));
        Assert.Equal(options.Run.Steps, metrics[^1].GetProperty("environment_steps").GetInt64());
    }
}
