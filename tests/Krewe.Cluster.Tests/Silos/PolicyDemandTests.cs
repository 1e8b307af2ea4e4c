using Krewe.Cluster.Acting;

namespace Krewe.Cluster.Tests.Silos;

public class PolicyDemandTests
{
    [Theory]
    [InlineData(3, 0)]
    [InlineData(4, 1)]
    [InlineData(7, 1)]
    [InlineData(64, 16)]
    public void The_next_policy_is_wanted_when_a_quarter_of_the_actors_have_begun_a_window(int actors, int windows)
    {
        var demand = new PolicyDemand();
        demand.WindowEnded(); // before the policy came: it does not count
        Task wanted = demand.WaitForNext(actors, Timeout.InfiniteTimeSpan, CancellationToken.None);
        for (int i = 0; i < windows; i++)
        {
            Assert.False(wanted.IsCompleted);
            demand.WindowEnded();
        }

        Assert.True(wanted.IsCompletedSuccessfully);
        demand.WindowEnded();
    }

    [Fact]
    public async Task Without_windows_the_next_policy_is_wanted_after_a_while()
    {
        // It would never end if nothing but windows ended it.
        var demand = new PolicyDemand();
        await Assert.ThrowsAsync<TimeoutException>(() => demand.WaitForNext(actors: 8, PolicyDemand.LongestWait, CancellationToken.None));
    }

    [Fact]
    public void A_policy_of_another_learner_ends_the_wait()
    {
        var demand = new PolicyDemand();
        Task first = demand.WaitForNext(actors: 8, Timeout.InfiniteTimeSpan, CancellationToken.None);
        Task second = demand.WaitForNext(actors: 8, Timeout.InfiniteTimeSpan, CancellationToken.None);
        Assert.True(first.IsCompletedSuccessfully);
        Assert.False(second.IsCompleted);
        demand.WindowEnded();
        demand.WindowEnded();
        Assert.True(second.IsCompletedSuccessfully);
    }

    [Fact]
    public void The_end_of_the_run_ends_the_wait()
    {
        using var ended = new CancellationTokenSource();
        Task wanted = new PolicyDemand().WaitForNext(actors: 8, Timeout.InfiniteTimeSpan, ended.Token);
        ended.Cancel();
        Assert.True(wanted.IsCanceled);
    }
}
