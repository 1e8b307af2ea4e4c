using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

public sealed class HangingActorTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_evaluation_that_does_not_return_is_abandoned_when_the_run_is_stopped(bool deterministic)
    {
        using var hangs = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        EnvironmentRegistry registry = Sessions.With("Hanging-v0", _ =>
        {
            if (Thread.CurrentThread.Name is "krewe-evaluation" or "krewe-lock-step")
            {
                hangs.Set();
                go.Wait();
            }

            return new StepResult(1, false, false);
        });
        await using TestSilos silos = await TestSilos.Start(registry, SiloRoles.All);
        try
        {
            TestRun run = await TestRun.Create(silos, Sessions.Small("Hanging-v0", steps: 1_000_000_000, deterministic: deterministic));
            Assert.True(hangs.Wait(Sessions.TestTimeout));
            await run.Grain.Stop();
            Assert.Null((await run.UntilStopped()).Failure);
            Assert.True(Directory.Exists(Path.Combine(silos.Folder(run.Id), "last")));
        }
        finally
        {
            go.Set();
        }
    }

    [Fact]
    public async Task An_environment_that_does_not_return_is_named_in_the_status_until_it_returns()
    {
        using var go = new ManualResetEventSlim();
        EnvironmentRegistry registry = Sessions.With("Hanging-v0", step =>
        {
            if (step == 1_000)
            {
                go.Wait();
            }

            return new StepResult(1, false, false);
        });
        await using TestSilos silos = await TestSilos.Start(registry, SiloRoles.All);
        try
        {
            TrainingOptions options = Sessions.Small("Hanging-v0", deterministic: false);
            options.Evaluation.Interval = 1_000_000;
            TestRun run = await TestRun.Create(silos, options);
            RunStatus hanging = await run.Until("naming the environment", status => status.WaitsFor?.Contains("have not returned", StringComparison.Ordinal) == true);
            Assert.Matches("^actor 0 on .+, whose environments \\(Hanging-v0\\) have not returned for [0-9]+ s$", hanging.WaitsFor);
            Assert.Equal(RunState.Running, hanging.State);
            go.Set();
            Assert.Null((await run.UntilCompleted()).WaitsFor);
        }
        finally
        {
            go.Set();
        }
    }
}
