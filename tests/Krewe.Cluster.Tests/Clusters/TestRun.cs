using System.Diagnostics;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Orleans.Runtime.Placement;

namespace Krewe.Cluster.Tests;

/// <summary>A run on a test cluster.</summary>
internal sealed class TestRun
{
    /// <summary>Long enough for a busy machine; only a hanging run exceeds it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static int _count;

    private readonly TestSilos _silos;

    private TestRun(TestSilos silos, string id)
    {
        _silos = silos;
        Id = id;
    }

    public string Id { get; }

    public ITrainingRunGrain Grain => _silos.Grains.GetGrain<ITrainingRunGrain>(Id);

    public static async Task<TestRun> Create(TestSilos silos, TrainingOptions options, double actorsPerCore = 0, double snapshotSeconds = 0, SiloAddress? at = null, string? resumeFrom = null)
    {
        var run = new TestRun(silos, $"run{Interlocked.Increment(ref _count)}");
        if (at is not null)
        {
            // Only the run's own grain follows the placement hint; it must not apply to the calls that the grain makes.
            RequestContext.Set(IPlacementDirector.PlacementHintKey, at);
            Assert.Null(await run.Grain.GetStatus());
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }

        await run.Grain.Create(Specification(run.Id, options) with { ActorsPerCore = actorsPerCore, SnapshotSeconds = snapshotSeconds, ResumeFrom = resumeFrom });
        return run;
    }

    public static RunSpecification Specification(string id, TrainingOptions options) =>
        new() { RunId = id, OptionsJson = OptionBinder.ToJson(options).ToJsonString() };

    public IReplayShardGrain Shard(int index) => _silos.Grains.GetGrain<IReplayShardGrain>(index, Id);

    public async Task<RunStatus> Status() => await Retry(() => Grain.GetStatus()) ?? throw new InvalidOperationException($"no run {Id}");

    /// <summary>Polls until a status satisfies a condition.</summary>
    public async Task<RunStatus> Until(string what, Func<RunStatus, bool> holds)
    {
        var clock = Stopwatch.StartNew();
        bool wasOver = (await Status()).State.IsOver();
        while (true)
        {
            RunStatus status = await Status();
            if (holds(status))
            {
                return status;
            }

            if (clock.Elapsed > Limit || (status.State.IsOver() && !wasOver))
            {
                string actors = string.Join(" ", status.ActorsBySilo);
                throw new Xunit.Sdk.XunitException(
                    $"run {Id} timed out waiting for: {what}\n{status with { Evaluations = [] }}\n{actors}\n{_silos.Log}");
            }

            await Task.Delay(Pause);
        }
    }

    public Task<RunStatus> UntilRunning() => Until("running with all roles", status => status is { State: RunState.Running, WaitsFor: null });

    public Task<RunStatus> UntilCompleted() => Until("its end", status => status.State == RunState.Completed);

    public Task<RunStatus> UntilStopped() => Until("its stop", status => status.State == RunState.Stopped);

    public Task<RunStatus> UntilUpdates(long updates) => Until($"{updates} updates", status => status.Figures.Updates >= updates);

    public Task<RunStatus> UntilFailed() => Until("its failure", status => status.State == RunState.Failed);

    /// <summary>Waits until all reported figures have been constant over many polls.</summary>
    public async Task<RunStatus> UntilIdle()
    {
        const int Polls = 50;
        int unchanged = 0;
        RunStatus before = await Status();
        return await Until("constant figures", status =>
        {
            unchanged = Same(before.Figures, status.Figures) ? unchanged + 1 : 0;
            before = status;
            return unchanged == Polls;
        });

        static bool Same(RunFigures a, RunFigures b) =>
            (a.EnvironmentSteps, a.Updates, a.Episodes, a.PolicyVersion, a.Seconds) == (b.EnvironmentSteps, b.Updates, b.Episodes, b.PolicyVersion, b.Seconds);
    }

    /// <summary>Retries a call: calls to a silo that has just left fail.</summary>
    private static async Task<T> Retry<T>(Func<Task<T>> call)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (e is OrleansException or TimeoutException && clock.Elapsed < Limit)
            {
                await Task.Delay(Pause);
            }
        }
    }
}
