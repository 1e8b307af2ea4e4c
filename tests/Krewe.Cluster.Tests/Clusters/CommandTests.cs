using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster.Tests;

/// <summary>Tests the commands to a run.</summary>
[Collection(nameof(SeparateRoles))]
public sealed class CommandTests(SeparateRoles roles)
{
    [Fact]
    public async Task A_paused_run_makes_no_progress_and_a_resumed_one_continues_to_its_end()
    {
        TrainingOptions options = Preset.Load("CartPole-v1");
        options.Actor.Count = 2;
        options.Replay.Shards = 2;
        TestRun run = await TestRun.Create(roles.Silos, options);
        await run.UntilUpdates(200);
        await run.Grain.Pause();
        RunStatus paused = await run.UntilIdle();
        Assert.Equal(RunState.Paused, paused.State);
        Assert.InRange(paused.Figures.EnvironmentSteps, 1, options.Run.Steps - 1);
        Assert.Equal(2, paused.ActorsRunning);

        await run.Grain.Resume();
        RunStatus end = await run.UntilCompleted();
        Assert.Equal(1, end.LearnerEpoch);
        Assert.Equal(options.Run.Steps, end.Outcome!.EnvironmentSteps);
        Assert.InRange(end.Outcome.Final!.Mean, 475, 500);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stopped_run_writes_a_last_checkpoint_and_reports_that_it_was_stopped(bool paused)
    {
        TestRun run = await TestRun.Create(roles.Silos, Endless.Run());
        await run.UntilUpdates(50);
        if (paused)
        {
            await run.Grain.Pause();
            await run.UntilIdle();
        }

        await run.Grain.Stop();
        RunStatus end = await run.UntilStopped();
        Assert.True(end.Outcome!.Interrupted);
        Assert.Null(end.Outcome.Final);
        Assert.Null(end.Failure);
        Checkpoint last = CheckpointFolder.Read(Path.Combine(roles.Silos.Folder(run.Id), "last"));
        Assert.Equal(end.Outcome.Updates, last.Updates);
        Assert.InRange(last.Updates, 50, long.MaxValue);
    }

    [Fact]
    public async Task A_checkpoint_is_written_on_request_and_the_run_continues()
    {
        TestRun run = await TestRun.Create(roles.Silos, Endless.Run());
        RunStatus before = await run.UntilUpdates(50);
        string[] folders = await Task.WhenAll(run.Grain.Checkpoint(), run.Grain.Checkpoint());
        Assert.All(folders, folder => Assert.Equal(Path.Combine(roles.Silos.Folder(run.Id), "last"), folder));
        Checkpoint checkpoint = CheckpointFolder.Read(folders[0]);
        Assert.InRange(checkpoint.Updates, before.Figures.Updates, long.MaxValue);
        await run.UntilUpdates(checkpoint.Updates + 50);

        // Actors and run count episodes; the learner writes them into the checkpoint.
        await run.Until(
            "a checkpoint with episodes",
            status => CheckpointFolder.Read(run.Grain.Checkpoint().Result).Episodes is var episodes and > 0 && episodes <= run.Status().Result.Figures.Episodes);
        await run.Grain.Stop();
        await run.UntilStopped();
    }

    [Fact]
    public async Task Commands_to_a_finished_or_unknown_run_are_refused_by_name()
    {
        TestRun run = await TestRun.Create(roles.Silos, Endless.Run());
        await run.UntilUpdates(1);
        await run.Grain.Stop();
        await run.UntilStopped();
        foreach (Func<ITrainingRunGrain, Task> command in new Func<ITrainingRunGrain, Task>[]
            { grain => grain.Pause(), grain => grain.Resume(), grain => grain.Stop(), grain => grain.Checkpoint() })
        {
            Assert.Equal(
                $"run {run.Id}: has ended (stopped)",
                (await Assert.ThrowsAsync<InvalidOptionException>(() => command(run.Grain))).Message);
            Assert.Equal(
                "run never-was: there is no such run",
                (await Assert.ThrowsAsync<InvalidOptionException>(() => command(roles.Silos.Grains.GetGrain<ITrainingRunGrain>("never-was")))).Message);
        }

        Assert.Null(await roles.Silos.Grains.GetGrain<ITrainingRunGrain>("never-was").GetStatus());
    }
}
