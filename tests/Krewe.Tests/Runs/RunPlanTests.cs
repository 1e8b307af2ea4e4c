using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Replay;
using Krewe.Runtime;

namespace Krewe.Tests;

public class RunPlanTests
{
    private static readonly EnvironmentRegistry Registry = EnvironmentRegistry.CreateDefault();

    [Fact]
    public void A_plan_derives_the_shapes_from_the_options_and_the_environment()
    {
        RunPlan plan = RunPlan.Create(Sessions.Small("CartPole-v1"), Registry);
        Assert.Equal("4-16-2", plan.Policy.ToString());
        Assert.Equal(("CartPole-v1", 2), (plan.Environment.Id, plan.Segments.ActionCount));
        Assert.Equal(8 * 8, plan.LargestAppend);
        Assert.Equal(3L * plan.Segments.SlotBytes, plan.ReplayBytes(slots: 3));
        Assert.Equal(5L * sizeof(float) * ((5 * 16) + (17 * 2)), plan.NetworkBytes(copies: 5));
    }

    [Fact]
    public void Priorities_need_memory_too()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1");
        options.Replay.PriorityExponent = 0.6;
        RunPlan plan = RunPlan.Create(options, Registry);
        Assert.True(plan.Selector.UsesPriorities);
        Assert.Equal(3L * (plan.Segments.SlotBytes + 9), plan.ReplayBytes(slots: 3));
    }

    [Theory]
    [InlineData("dqn", 0.6, true)]
    [InlineData("double_dqn", 0.6, true)]
    [InlineData("dqn", 0, false)]
    [InlineData("c51", 0.6, false)]
    public void Actors_compute_priorities_when_replay_uses_them_and_they_are_errors(string agent, double exponent, bool expected)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1");
        options.Agent.Kind = agent;
        options.Replay.PriorityExponent = exponent;
        options.Replay.NStep = 4;
        Assert.Equal(
            expected ? new InitialPriorities(4, options.Learner.Discount) : null, RunPlan.Create(options, Registry).InitialPriorities);
    }

    [Fact]
    public void An_agent_may_choose_the_selector_and_the_option_that_contradicts_it_is_refused()
    {
        LearningAgents.Register(typeof(FaultyAgent).Assembly);
        TrainingOptions options = Sessions.Small("CartPole-v1");
        options.Agent.Kind = "tests_faulty";
        Assert.Equal(ReplaySelector.Proportional(0.5), RunPlan.Create(options, Registry).Selector);
        options.Replay.PriorityExponent = 0.6;
        Refused(options, "replay.priority_exponent 0.6: agent.kind tests_faulty says itself how transitions are selected, expected 0");
    }

    [Fact]
    public void Sizes_beyond_the_range_of_int_are_correct()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1");
        options.Network.Hidden = [30_000, 30_000];
        RunPlan plan = RunPlan.Create(options, Registry);
        Assert.Equal(4L * plan.Policy.ParameterCount * 8_000, plan.NetworkBytes(copies: 8_000));
        Assert.Equal(3_000_000_000L * plan.Segments.SlotBytes, plan.ReplayBytes(slots: 3_000_000_000));
    }

    [Fact]
    public void Options_that_contradict_each_other_are_refused()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1");
        options.Replay.MinSize = options.Replay.Capacity + 1;
        Refused(options, "replay.min_size 4001 is above replay.capacity 4000");
    }

    [Fact]
    public void A_run_until_solved_needs_a_reward_threshold()
    {
        TrainingOptions options = Sessions.Small("CliffWalking-v1");
        options.Run.UntilSolved = true;
        Refused(options, "run.until_solved (--until-solved): CliffWalking-v1 has no reward threshold");
        options = Sessions.Small("CartPole-v1");
        options.Run.UntilSolved = true;
        RunPlan.Create(options, Registry);
    }

    [Fact]
    public void An_environment_that_does_not_exist_is_refused() =>
        Refused(Sessions.Small("CartPol-v1"), "did you mean CartPole-v1?");

    [Fact]
    public void A_network_that_does_not_fit_into_an_array_is_refused()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1");
        options.Network.Hidden = [65_536, 65_536];
        Refused(options, "network.hidden 65536,65536: too large a network for CartPole-v1");
    }

    [Theory]
    [InlineData(4_000, 1_000_000_000, "replay.capacity 4000 needs 0.0 GB")]
    [InlineData(1_000_000_000_000_000, 1, "replay.capacity 4000 (1000000000000000 of it here) needs")]
    public void A_run_that_does_not_fit_into_memory_is_refused_naming_what_needs_it(long slots, int copies, string expected)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1");
        options.Network.Hidden = [4_096, 4_096];
        RunPlan plan = RunPlan.Create(options, Registry);
        plan.CheckMemory(replaySlots: 4_000, networkCopies: 1);
        var e = Assert.Throws<InvalidOptionException>(() => plan.CheckMemory(slots, copies));
        Assert.StartsWith("not enough memory for CartPole-v1: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("network.hidden 4096,4096", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_network_is_refused_with_its_path_and_no_checkpoint_is_accepted()
    {
        RunPlan plan = RunPlan.Create(Sessions.Small("CartPole-v1"), Registry);
        Resuming.Check(plan, checkpoint: null, path: null);
        var e = Assert.Throws<InvalidOptionException>(() => Resuming.Check(plan, Checkpoints.Distinct(), "some/folder"));
        Assert.StartsWith("some/folder: the checkpoint's network is 64-5-4", e.Message, StringComparison.Ordinal);
    }

    private static void Refused(TrainingOptions options, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidOptionException>(() => RunPlan.Create(options, Registry)).Message, StringComparison.Ordinal);
}
