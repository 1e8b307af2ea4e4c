using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

public sealed class WorkGateTests
{
    private readonly WorkGate _gate;
    private bool _hasPolicy;

    public WorkGateTests() => _gate = new WorkGate(() => _hasPolicy);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Actors_work_once_the_run_does_and_there_is_a_policy_in_either_order(bool policyFirst)
    {
        Task<bool> waiting = Wait();
        foreach (bool policy in new[] { policyFirst, !policyFirst })
        {
            Assert.False(waiting.IsCompleted);
            if (policy)
            {
                _hasPolicy = true;
                _gate.PolicyArrived();
            }
            else
            {
                _gate.Direct(RunDirective.Work);
            }
        }

        Assert.True(await waiting);
        Assert.True(_gate.IsWorking);
        Assert.True(await Wait());
    }

    [Fact]
    public async Task A_pause_holds_actors_until_the_run_continues()
    {
        _hasPolicy = true;
        _gate.Direct(RunDirective.Work);
        _gate.Direct(RunDirective.Pause);
        Task<bool> waiting = Wait();
        Assert.False(_gate.IsWorking);
        Assert.False(waiting.IsCompleted);
        _gate.Direct(RunDirective.Work);
        Assert.True(await waiting);
    }

    [Theory]
    [InlineData(RunDirective.Stop, RunDirective.Pause)]
    [InlineData(RunDirective.Stop, RunDirective.Work)]
    [InlineData(RunDirective.Superseded, RunDirective.Pause)]
    [InlineData(RunDirective.Superseded, RunDirective.Work)]
    public async Task The_end_releases_actors_that_wait_for_a_policy_or_for_work(RunDirective end, RunDirective before)
    {
        _gate.Direct(before);
        Task<bool> waiting = Wait();
        Assert.False(waiting.IsCompleted);
        _gate.Direct(end);
        Assert.False(await waiting);
        Assert.False(await Wait());
    }

    [Fact]
    public async Task A_stop_is_final()
    {
        _hasPolicy = true;
        _gate.Direct(RunDirective.Stop);
        _gate.Direct(RunDirective.Work);
        Assert.False(_gate.IsWorking);
        Assert.False(await Wait());
    }

    private Task<bool> Wait() => _gate.Wait(CancellationToken.None).AsTask();
}
