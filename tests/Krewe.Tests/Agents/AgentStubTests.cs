using Krewe.Contracts;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>
/// Stubs of algorithms that need what the built-in ones do not, as agents of a user's assembly: each learns in one process and on grains, in
/// lock step and concurrently.
/// </summary>
[Collection(nameof(Alone))]
public sealed class AgentStubTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Assembly => typeof(AgentStubTests).Assembly.Location;

    /// <summary>Every host, in lock step or not.</summary>
    public static TheoryData<string, bool> Hosts => new()
    {
        { "process", true },
        { "process", false },
        { "grains", true },
        { "grains", false },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Hosts))]
    public void Pqn_learns_from_every_rollout_once_and_in_order(string host, bool deterministic)
    {
        Checkpoint last = Train(host, deterministic, "CartPole-v1", "tests_pqn", "--set", "actor.count=2", "--set", "actor.environments=4", "--set", "learner.batch_size=16");

        // 2 epochs over every step: the last rollout may be cut short.
        Assert.InRange(last.Updates, 2 * 3_000 / 16, 2 * 3_100 / 16);
        AssertLearned(last);

        // A rollout was collected with a policy of an earlier one.
        Assert.InRange(PolicyVersions.NumberOf(last.State.Numbers["pqn.newest_policy"]), 1, PolicyVersions.NumberOf(last.PolicyVersion));
    }

    [Fact]
    public void Pqn_is_the_same_on_both_hosts_in_lock_step()
    {
        float[] here = Train("process", true, "CartPole-v1", "tests_pqn").State.Parameters;
        Assert.Equal(here, Train("grains", true, "CartPole-v1", "tests_pqn").State.Parameters);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public void Iqn_learns_with_fractions_as_inputs_of_its_network(string host, bool deterministic)
    {
        Checkpoint last = Train(host, deterministic, "CartPole-v1", "tests_iqn");
        Assert.True(last.Updates > 0);
        Assert.Equal(5, last.State.Policy.ObservationLength);
        AssertLearned(last);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public void Td3_learns_continuous_actions_with_three_networks(string host, bool deterministic)
    {
        Checkpoint last = Train(host, deterministic, "Push-v0", "tests_td3", "--set", "network.hidden=32,32", "--set", "replay.min_size=500");
        Assert.True(last.Updates > 0);
        Assert.Equal(2, last.State.Policy.ActionCount);
        AssertLearned(last);
        Assert.True(last.State.Numbers["critic.1.adam.step"] == last.Updates);
        Assert.Equal(last.Updates / 2.0, last.State.Numbers["adam.step"], 1.0);
    }

    [Theory]
    [InlineData("CartPole-v1", "tests_pqn")]
    [InlineData("CartPole-v1", "tests_iqn")]
    [InlineData("Push-v0", "tests_td3")]
    public void A_run_resumes_with_all_its_networks(string environment, string kind)
    {
        Checkpoint before = Train("process", true, environment, kind, "--set", "replay.min_size=500");
        string run = _folder["run-process"];
        CliRun.Ok("train", "--resume", run, "--assembly", Assembly, "--steps", "5000");
        Checkpoint after = CheckpointFolder.Read(Path.Combine(run, "last"));
        Assert.True(after.Updates > before.Updates);
        Assert.NotEqual(before.State.Parameters, after.State.Parameters);
        Assert.Equal(before.State.Numbers.Keys.Order(), after.State.Numbers.Keys.Order());
    }

    [Fact]
    public void A_policy_that_acts_in_a_way_of_its_own_is_not_loaded_as_one_of_values()
    {
        Train("process", true, "Push-v0", "tests_td3", "--set", "replay.min_size=500");
        var e = Assert.Throws<InvalidOptionException>(() => Policy.Load(_folder["run-process"]));
        Assert.Contains("agent.kind tests_td3, which acts in a way of its own", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("replay.shards=2", "replay.shards 2: the rollouts of agent.kind tests_pqn wait in one queue")]
    [InlineData("run.save_replay=true", "run.save_replay: agent.kind tests_pqn learns from rollouts")]
    public void Options_of_replay_that_rollouts_do_not_have_are_refused(string option, string message)
    {
        CliRun run = CliRun.Of("train", "CartPole-v1", "--assembly", Assembly, "--set", "agent.kind=tests_pqn", "--set", option, "--out", _folder["none"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["none"]));
    }

    private static void AssertLearned(Checkpoint last)
    {
        var initial = new float[last.State.Policy.ParameterCount];
        LinearInitialization.Fill((NetworkSpec)last.State.Policy, RandomStreams.Create(last.Options.Run.Seed, RandomStream.Network), initial);
        Assert.NotEqual(initial, last.State.Parameters);
        Assert.All(last.State.Parameters, value => Assert.True(float.IsFinite(value)));
    }

    private Checkpoint Train(string host, bool deterministic, string environment, string kind, params string[] more)
    {
        string run = _folder[$"run-{host}"];
        string[] mode = deterministic ? ["--deterministic"] : [];
        CliRun.Ok(["train", environment, "--assembly", Assembly, "--host", host, "--set", $"agent.kind={kind}", "--steps", "3000", "--out", run, .. mode, .. more]);
        CliRun.Ok("evaluate", run, "--assembly", Assembly, "--episodes", "2");
        return CheckpointFolder.Read(Path.Combine(run, "last"));
    }
}
