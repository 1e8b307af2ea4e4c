using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

/// <summary>Cancelling a watch does not affect the run; cancelling its owner stops it.</summary>
[Collection(nameof(SeparateRoles))]
public sealed class WatchTests(SeparateRoles roles)
{
    [Fact]
    public async Task Cancelling_a_watch_does_not_affect_the_run()
    {
        TestRun run = await TestRun.Create(roles.Silos, Endless.Run());
        RunStatus before = await run.UntilUpdates(50);
        using var cancel = new CancellationTokenSource();
        Task<TrainingResult?> watching = await Watch(run, cancel.Token);
        Assert.False(watching.IsCompleted);
        await cancel.CancelAsync();
        Assert.Null(await watching.WaitAsync(Sessions.TestTimeout, CancellationToken.None));

        await run.UntilUpdates(before.Figures.Updates + 100);
        await run.Until("running", status => status.State == RunState.Running);
        await run.Grain.Stop();
        await run.UntilStopped();
    }

    [Fact]
    public async Task A_run_of_an_environment_unknown_to_the_client_is_watched_to_its_end()
    {
        TrainingOptions options = Sessions.Small(SeparateRoles.Own, steps: 2_000, deterministic: false);
        TestRun run = await TestRun.Create(roles.Silos, options);
        TrainingResult? result = await (await Watch(run, CancellationToken.None)).WaitAsync(Sessions.TestTimeout, CancellationToken.None);
        Assert.Equal((SeparateRoles.Own, 2_000, false), (result!.EnvironmentId, result.EnvironmentSteps, result.Interrupted));
        EnvironmentSpec environment = EnvironmentJson.Read((await run.Grain.GetSpecification())!.EnvironmentJson!);
        Assert.Equal((1_000d, new DiscreteSpace(2), new BoxSpace(0, 1, [3])), (environment.RewardThreshold, environment.ActionSpace, environment.ObservationSpace));
    }

    [Fact]
    public async Task Cancelling_the_owner_of_a_run_stops_it()
    {
        TrainingOptions options = Endless.Run();
        RunPlan plan = RunPlan.Create(options, Environments.EnvironmentRegistry.CreateDefault());
        RunSpecification specification = TestRun.Specification("owned", options);
        using var cancel = new CancellationTokenSource();
        var run = new ClusterTrainingRun(roles.Silos.Grains, "owned", plan.Environment, options, specification);
        Task<TrainingResult> running = Task.Run(() => run.Run(cancel.Token), CancellationToken.None);
        while (run.Progress.Updates == 0 && !running.IsCompleted)
        {
            await Task.Yield();
        }

        await cancel.CancelAsync();
        Assert.True((await running.WaitAsync(Sessions.TestTimeout, CancellationToken.None)).Interrupted);
        Assert.Equal(RunState.Stopped, (await roles.Silos.Grains.GetGrain<ITrainingRunGrain>("owned").GetStatus())!.State);
    }

    private async Task<Task<TrainingResult?>> Watch(TestRun run, CancellationToken cancel)
    {
        RunSpecification specification = (await run.Grain.GetSpecification())!;
        return Task.Run(() => WatchedRun.Show(roles.Silos.Grains, specification, json: true, cancel), CancellationToken.None);
    }
}
