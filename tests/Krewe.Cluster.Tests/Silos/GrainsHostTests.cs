using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

/// <summary>The end of a run on grains in one process.</summary>
public sealed class GrainsHostTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hanging_environment_is_waited_for_no_longer_than_the_limit(bool deterministic)
    {
        using var hangs = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        EnvironmentRegistry registry = Sessions.With("Hanging-v0", step =>
        {
            if (step == 1_000)
            {
                hangs.Set();
                go.Wait();
            }

            return new StepResult(1, false, false);
        });
        TrainingOptions options = Sessions.Small("Hanging-v0", steps: 1_000_000_000, deterministic: deterministic);
        options.Evaluation.Interval = 1_000_000_000;
        Task<TrainingResult> training = Start(options, registry, cancel.Token, TimeSpan.FromMilliseconds(200));
        try
        {
            Assert.True(hangs.Wait(Sessions.TestTimeout, CancellationToken.None));
            await cancel.CancelAsync();
            TrainingResult result = await training.WaitAsync(Sessions.TestTimeout, CancellationToken.None);
            Assert.True(result.Interrupted);
            Assert.Equal(result.EnvironmentSteps, CheckpointFolder.Read(_folder["run/last"]).EnvironmentSteps);
        }
        finally
        {
            go.Set();
        }
    }

    [Fact]
    public async Task A_run_that_is_cancelled_before_its_silo_has_started_ends_as_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        Task<TrainingResult> training = Start(Sessions.Small("CartPole-v1", deterministic: false), EnvironmentRegistry.CreateDefault(), cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => training.WaitAsync(Sessions.TestTimeout, CancellationToken.None));
        Assert.False(Directory.Exists(_folder["run/last"]));
    }

    private Task<TrainingResult> Start(TrainingOptions options, EnvironmentRegistry registry, CancellationToken cancellationToken, TimeSpan? stopTimeout = null)
    {
        RunPlan plan = RunPlan.Create(options, registry);
        return Task.Run(
            () => GrainsHost.Train(
                plan, registry, _folder["run"], isResumed: false, verbose: false, run => run.Run(cancellationToken), cancellationToken, stopTimeout),
            CancellationToken.None);
    }
}
