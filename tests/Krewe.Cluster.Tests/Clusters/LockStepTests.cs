using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

[Collection(nameof(SeparateRoles))]
public sealed class LockStepTests(SeparateRoles roles) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(3, 3, 0)]
    [InlineData(2, 3, 0.6)]
    public async Task The_same_seed_gives_the_weights_of_a_run_in_one_process_byte_for_byte(int actors, int shards, double priorityExponent)
    {
        TrainingOptions options = Options(actors, shards);
        options.Replay.PriorityExponent = priorityExponent;
        TestRun run = await TestRun.Create(roles.Silos, options);
        RunStatus end = await run.UntilCompleted();
        InOneProcess(options, run.Id, end);
    }

    [Fact]
    public async Task A_run_that_was_paused_and_saved_in_between_ends_with_the_same_weights()
    {
        TrainingOptions options = Options(actors: 2, shards: 2);
        options.Run.Steps = 40_000;
        TestRun run = await TestRun.Create(roles.Silos, options);
        await run.UntilUpdates(20);
        await run.Grain.Pause();
        RunStatus paused = await run.UntilIdle();
        Assert.InRange(paused.Figures.EnvironmentSteps, 1, options.Run.Steps - 1);
        string folder = await run.Grain.Checkpoint();
        Assert.Equal(paused.Figures.Updates, CheckpointFolder.Read(folder).Updates);
        await run.Grain.Resume();
        InOneProcess(options, run.Id, await run.UntilCompleted());
    }

    [Fact]
    public async Task A_resumed_run_ends_with_the_weights_of_one_that_is_resumed_in_one_process()
    {
        TrainingOptions options = Options(actors: 2, shards: 2);
        RunFolder folder = RunFolder.Create(_folder["alone"]);
        using (var first = new TrainingSession(options, folder: folder))
        {
            first.Run();
        }

        // On grains replay and actors start anew, so here too.
        options.Run.Steps = 8_000;
        TestRun run = await TestRun.Create(roles.Silos, options, resumeFrom: folder.Path);
        RunStatus end = await run.UntilCompleted();
        using var second = new TrainingSession(options, folder: folder, resume: CheckpointFolder.Read(folder.Last) with { Files = [] }, resumeFrom: folder.Last);
        Assert.Equal(second.Run().Updates, end.Outcome!.Updates);
        Assert.Equal(CheckpointFolder.Read(folder.Last).State.Parameters, CheckpointFolder.Read(Path.Combine(roles.Silos.Folder(run.Id), "last")).State.Parameters);
    }

    private static TrainingOptions Options(int actors, int shards)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", seed: 5);
        options.Actor.Count = actors;
        options.Replay.Shards = shards;
        return options;
    }

    private void InOneProcess(TrainingOptions options, string runId, RunStatus end)
    {
        RunFolder folder = RunFolder.Create(_folder["alone"]);
        using var session = new TrainingSession(options, folder: folder);
        TrainingResult result = session.Run();
        Assert.Equal((result.Updates, result.EnvironmentSteps), (end.Outcome!.Updates, end.Outcome.EnvironmentSteps));
        Assert.Equal(result.Final!.Value.Mean, end.Outcome.Final!.Mean);
        foreach (string file in new[] { "last/weights.safetensors", "best/weights.safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder.Path, file)), File.ReadAllBytes(Path.Combine(roles.Silos.Folder(runId), file)));
        }
    }
}
