using Microsoft.Extensions.Time.Testing;

namespace Krewe.Cluster.Tests;

public class PolicyDemandTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private readonly FakeTimeProvider _time = new();
    private readonly PolicyDemand _demand;

    public PolicyDemandTests() => _demand = new PolicyDemand(_time);

    [Theory]
    [InlineData(4, 1)]
    [InlineData(7, 1)]
    [InlineData(64, 16)]
    public async Task The_next_policy_is_wanted_when_a_quarter_of_the_actors_have_begun_a_rollout(int actors, int rollouts)
    {
        _demand.RolloutEnded(); // before the policy arrived: not counted
        Task wanted = _demand.WaitForNext(actors, CancellationToken.None);
        for (int i = 0; i < rollouts; i++)
        {
            Assert.False(wanted.IsCompleted);
            _demand.RolloutEnded();
        }

        await wanted;
        _demand.RolloutEnded();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(64)]
    public async Task Without_rollouts_the_next_policy_is_wanted_after_the_longest_wait(int actors)
    {
        Task wanted = _demand.WaitForNext(actors, CancellationToken.None);
        _time.Advance(PolicyDemand.LongestWait - Tick);
        Assert.False(wanted.IsCompleted);
        _time.Advance(Tick);
        await wanted;
    }

    [Theory]
    [InlineData(1, 100, 25)]
    [InlineData(3, 20, 15)]
    [InlineData(1, 10_000, 40)]
    public async Task A_silo_of_few_actors_wants_the_next_policy_after_a_quarter_of_a_rollout(int actors, int millisecondsBetweenRollouts, int milliseconds)
    {
        _demand.RolloutEnded();
        _time.Advance(TimeSpan.FromMilliseconds(millisecondsBetweenRollouts));
        _demand.RolloutEnded();
        Task wanted = _demand.WaitForNext(actors, CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds) - Tick);
        Assert.False(wanted.IsCompleted);
        _time.Advance(Tick);
        await wanted;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_silo_of_few_fast_or_new_actors_wants_the_next_policy_at_once(int actors)
    {
        Assert.True(_demand.WaitForNext(actors, CancellationToken.None).IsCompletedSuccessfully);
        _demand.RolloutEnded();
        _time.Advance(TimeSpan.FromMilliseconds(1.3));
        _demand.RolloutEnded();
        Assert.True(_demand.WaitForNext(actors, CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_policy_of_another_learner_ends_the_wait()
    {
        Task first = _demand.WaitForNext(actors: 8, CancellationToken.None);
        Task second = _demand.WaitForNext(actors: 8, CancellationToken.None);
        await first;
        Assert.False(second.IsCompleted);
        _demand.RolloutEnded();
        _demand.RolloutEnded();
        await second;
    }

    [Fact]
    public async Task The_end_of_the_run_ends_the_wait()
    {
        using var ended = new CancellationTokenSource();
        Task wanted = _demand.WaitForNext(actors: 8, ended.Token);
        Assert.False(wanted.IsCompleted);
        await ended.CancelAsync();
        await wanted;
    }
}
