using Krewe.Actors;
using Krewe.Contracts;
using Xunit.Sdk;

namespace Krewe.Tests;

public class ActorLoopTests
{
    private const int Environments = 3;
    private const int SegmentLength = 4;
    private const int RolloutSteps = Environments * SegmentLength;
    private const int Actions = 3;

    // Episodes of 1 step to more than two rollouts, so that some rollouts contain several episodes.
    private static int Length(int instance, int episode) => 1 + (((instance * 5) + (episode * 3)) % 11);

    [Fact]
    public void Segments_are_consecutive_steps_of_one_episode_and_end_with_the_final_observation()
    {
        using var crew = new Crew(steps: 50 * RolloutSteps, epsilon: 0.5);
        crew.CollectAll();
        Assert.Equal(50 * RolloutSteps, crew.Replay.StepCount);
        Assert.Contains(crew.Replay.Stored, step => step.Flags.HasFlag(SlotFlags.Terminated));
        Assert.Contains(crew.Replay.Stored, step => step.Flags.HasFlag(SlotFlags.Truncated));
    }

    [Fact]
    public void The_segment_check_detects_an_environment_that_loses_final_observations()
    {
        using var crew = new Crew(steps: 50 * RolloutSteps, epsilon: 0.5, losesFinalObservations: true);
        Assert.ThrowsAny<XunitException>(crew.CollectAll);
    }

    [Fact]
    public void Greedy_flags_and_probabilities_are_those_of_the_policy_that_acted()
    {
        using var crew = new Crew(steps: 50 * RolloutSteps, epsilon: 0.5);
        crew.CollectAll();
        foreach ((int action, float probability, SlotFlags flags, long version) in crew.Replay.Stored)
        {
            bool best = action == version % Actions;
            Assert.Equal(best ? 0.5 + (0.5 / Actions) : 0.5 / Actions, probability, tolerance: 1e-6);
            Assert.True(best || !flags.HasFlag(SlotFlags.Greedy), "a worse action is marked greedy");
        }

        Assert.Contains(crew.Replay.Stored, step => step.Flags.HasFlag(SlotFlags.Greedy));
        Assert.Contains(crew.Replay.Stored, step => !step.Flags.HasFlag(SlotFlags.Greedy));
    }

    [Fact]
    public void A_policy_published_during_a_rollout_acts_from_the_next_rollout_on()
    {
        // A new version before every single step; with epsilon 0 the action identifies the version that acted.
        using var crew = new Crew(steps: 5 * RolloutSteps, epsilon: 0);
        long version = 0;
        crew.Environment.Stepping = () => crew.Publish(++version);
        crew.CollectAll();
        Assert.Equal([0, SegmentLength, 2 * SegmentLength, 3 * SegmentLength, 4 * SegmentLength], crew.Replay.Versions);
        Assert.All(crew.Replay.Stored, step => Assert.Equal(step.Version % Actions, step.Action));
    }

    [Fact]
    public void An_actor_without_a_policy_throws()
    {
        using var crew = new Crew(steps: RolloutSteps, epsilon: 0, publish: false);
        Assert.Contains("first policy", Assert.Throws<InvalidOperationException>(() => crew.Actor.Collect()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_limited_push_keeps_the_batch()
    {
        using var crew = new Crew(steps: 2 * RolloutSteps, epsilon: 0.5);
        crew.Replay.Answers.Enqueue(AppendStatus.RateLimited);
        crew.Replay.Answers.Enqueue(AppendStatus.RateLimited);
        Assert.True(crew.Actor.Collect());
        Assert.Equal(AppendStatus.RateLimited, crew.Push());
        byte[] first = crew.Replay.Refused!;
        Assert.Throws<InvalidOperationException>(() => crew.Actor.Collect());
        Assert.Equal(AppendStatus.RateLimited, crew.Push());
        Assert.Equal(first, crew.Replay.Refused);
        Assert.Equal(AppendStatus.Stored, crew.Push());
        Assert.Equal(0, crew.Replay.Sequence);
        Assert.True(crew.Actor.Collect());
        Assert.Equal(AppendStatus.Stored, crew.Push());
    }

    [Fact]
    public void A_push_to_a_closed_replay_returns_Closed()
    {
        using var crew = new Crew(steps: RolloutSteps, epsilon: 0.5);
        crew.Replay.Answers.Enqueue(AppendStatus.Closed);
        crew.Actor.Collect();
        Assert.Equal(AppendStatus.Closed, crew.Push());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(RolloutSteps)]
    [InlineData(RolloutSteps + 1)]
    [InlineData((3 * RolloutSteps) - 1)]
    public void The_step_budget_is_exceeded_by_less_than_one_step_of_every_environment(int steps)
    {
        using var crew = new Crew(steps, epsilon: 0.5);
        crew.CollectAll();
        Assert.InRange(crew.Counters.EnvironmentSteps, steps, steps + Environments - 1);
        Assert.Equal(crew.Counters.EnvironmentSteps, crew.Environment.Steps);
        Assert.Equal(crew.Counters.EnvironmentSteps, crew.Replay.StepCount);
        Assert.False(crew.Actor.Collect());
        Assert.Equal(crew.Counters.EnvironmentSteps, crew.Environment.Steps);
    }

    [Fact]
    public void Completed_episodes_are_counted_with_their_returns_and_lengths()
    {
        using var crew = new Crew(steps: 20 * RolloutSteps, epsilon: 0, length: (_, _) => 5);
        crew.CollectAll();

        // 80 steps of each environment hold 16 episodes of 5.
        Assert.Equal(16 * Environments, crew.Counters.Episodes);
        Assert.Equal(16 * Environments, crew.Episodes.Episodes);
        Assert.Equal(5, crew.Episodes.Mean()!.Value.Length);
        double expected = Enumerable.Range(0, Environments).SelectMany(_ => Enumerable.Range(0, 16), (instance, episode) => (instance, episode))
            .Average(x => Enumerable.Range(0, 5).Sum(step => CodedVectorEnvironment.Reward(x.instance, x.episode, step, action: 0)));
        Assert.Equal(expected, crew.Episodes.Mean()!.Value.Return, tolerance: 1e-6);
    }

    [Fact]
    public void Epsilon_follows_the_steps_of_the_whole_run()
    {
        using var crew = new Crew(steps: 10 * RolloutSteps, Schedule.Linear(initial: 1, final: 0, steps: 10 * RolloutSteps), alreadyClaimed: 5 * RolloutSteps);
        crew.Actor.Collect();

        // The last vector step of the rollout begins SegmentLength - 1 vector steps after the first half of the run.
        double expected = 1 - ((5.0 * RolloutSteps) + ((SegmentLength - 1) * Environments)) / (10 * RolloutSteps);
        Assert.Equal(expected, crew.Actor.Epsilon, tolerance: 1e-12);
    }

    [Fact]
    public void Disposing_an_actor_disposes_its_environments_and_its_network()
    {
        var crew = new Crew(steps: RolloutSteps, epsilon: 0);
        crew.Dispose();
        Assert.True(crew.Environment.Disposed);
        Assert.True(crew.Policies.Network.Disposed);
    }

    /// <summary>One actor with fake dependencies.</summary>
    private sealed class Crew : IDisposable
    {
        public Crew(long steps, double epsilon, bool losesFinalObservations = false, bool publish = true, Func<int, int, int>? length = null)
            : this(steps, Schedule.Constant(epsilon), losesFinalObservations, publish, length)
        {
        }

        public Crew(
            long steps, Schedule epsilon, bool losesFinalObservations = false, bool publish = true, Func<int, int, int>? length = null, long alreadyClaimed = 0)
        {
            var options = new ActorOptions { SegmentLength = SegmentLength, Epsilon = epsilon };
            Counters = new RunCounters { Budget = steps, EnvironmentSteps = alreadyClaimed };
            Environment = new CodedVectorEnvironment(Environments, Actions, length ?? Length) { LosesFinalObservations = losesFinalObservations };
            Replay = new CheckingReplay(Environments, actorId: 4, length ?? Length);
            Actor = new ActorLoop(
                actorId: 4, options, Environment, Replay, Policies, Counters, Episodes, new Pcg64(0).State);
            if (publish)
            {
                Publish(0);
            }
        }

        public CodedVectorEnvironment Environment { get; }

        public CheckingReplay Replay { get; }

        public StubPolicies Policies { get; } = new(StubQNetwork.NamedByParameter(CodedVectorEnvironment.Elements, Actions));

        public RunCounters Counters { get; }

        public EpisodeTracker Episodes { get; } = new();

        public ActorLoop Actor { get; }

        public void Publish(long version)
        {
            var parameters = new float[Policies.Network.Spec.ParameterCount];
            parameters.AsSpan().Fill(version);
            Policies.Publish(version, parameters);
        }

        public AppendStatus Push() => Actor.Push(TimeSpan.Zero, CancellationToken.None);

        public void CollectAll()
        {
            while (Actor.Collect())
            {
                Assert.Equal(AppendStatus.Stored, Push());
            }
        }

        public void Dispose() => Actor.Dispose();
    }
}
