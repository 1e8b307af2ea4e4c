using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Tests;

public sealed class GradientLearnerTests : IDisposable
{
    private RecordingNetwork _network = new();
    private readonly ScriptedReplay _replay = new();
    private readonly Published _policies = new();
    private GradientLearner? _learner;

    public void Dispose() => _learner?.Dispose();

    [Fact]
    public void A_hard_target_is_copied_every_k_updates()
    {
        Steps(10, new LearnerOptions { Target = TargetKind.Hard, TargetPeriod = 3 });
        Assert.Equal([(3, 1f), (6, 1f), (9, 1f)], _network.TargetMoves);
    }

    [Fact]
    public void A_soft_target_is_moved_with_each_update()
    {
        Steps(3, new LearnerOptions { Target = TargetKind.Soft, TargetTau = 0.25 });
        Assert.Equal([(1, 0.25f), (2, 0.25f), (3, 0.25f)], _network.TargetMoves);
    }

    [Fact]
    public void Without_a_target_network_none_is_moved()
    {
        Steps(10, new LearnerOptions { Target = TargetKind.Off, TargetPeriod = 1 });
        Assert.Empty(_network.TargetMoves);
    }

    [Fact]
    public void After_a_resume_the_target_is_copied_in_the_rhythm_of_the_whole_run()
    {
        Steps(3, new LearnerOptions { TargetPeriod = 5 }, new RunCounters { Updates = 3 });
        Assert.Equal([(2, 1f)], _network.TargetMoves);
    }

    [Fact]
    public void The_learning_rate_follows_the_environment_steps_not_the_updates()
    {
        var counters = new RunCounters();
        GradientLearner learner = Make(new LearnerOptions { LearningRate = Schedule.Linear(initial: 1, final: 0, steps: 100) }, counters);
        foreach (int steps in new[] { 0, 25, 0, 50, 100 })
        {
            counters.AddEnvironmentSteps(steps);
            Step(learner);
        }

        Assert.Equal([1f, 0.75f, 0.75f, 0.25f, 0f], _network.LearningRates);
    }

    [Fact]
    public void A_policy_is_published_every_n_updates_with_the_newest_parameters_under_growing_versions()
    {
        GradientLearner learner = Make(new LearnerOptions { PublishPeriod = 4 }, new RunCounters());
        learner.Publish();
        for (int i = 0; i < 9; i++)
        {
            Step(learner);
        }

        Assert.Equal([(0, 0f), (1, 4f), (2, 8f)], _policies.All);
        Assert.Equal(2, learner.PolicyVersion);
    }

    [Fact]
    public void After_a_resume_versions_continue_above_the_last()
    {
        GradientLearner learner = Make(new LearnerOptions(), new RunCounters(), version: 41);
        learner.Publish();
        Assert.Equal(42, Assert.Single(_policies.All).Version);
    }

    [Fact]
    public void Priorities_are_the_objectives_for_the_samples_that_were_given()
    {
        Steps(2, new LearnerOptions { BatchSize = 4 });
        Assert.Equal([[100f, 101f, 102f, 103f], [200f, 201f, 202f, 203f]], _replay.Priorities);
    }

    [Fact]
    public void No_priorities_are_sent_to_a_replay_that_does_not_use_them()
    {
        _replay.UsesPriorities = false;
        Steps(2, new LearnerOptions { BatchSize = 4 });
        Assert.Empty(_replay.Priorities);
    }

    [Theory]
    [InlineData(SampleStatus.RateLimited)]
    [InlineData(SampleStatus.Closed)]
    public void Without_samples_nothing_is_done_and_the_reason_is_passed_on(SampleStatus status)
    {
        _replay.Answers.Enqueue(status);
        var counters = new RunCounters();
        GradientLearner learner = Make(new LearnerOptions { PublishPeriod = 1, TargetPeriod = 1 }, counters);
        Assert.Equal(status, learner.Step(TimeSpan.FromSeconds(3), CancellationToken.None));
        Assert.Equal([TimeSpan.FromSeconds(3)], _replay.Timeouts);
        Assert.Equal(0, counters.Updates);
        Assert.Empty(_network.LearningRates);
        Assert.Empty(_network.TargetMoves);
        Assert.Empty(_policies.All);
        Assert.Empty(_replay.Priorities);
        Assert.Equal(SampleStatus.Sampled, Step(learner));
    }

    [Fact]
    public void An_update_that_fails_counts_for_nothing_and_publishes_nothing()
    {
        var counters = new RunCounters();
        GradientLearner learner = Make(new LearnerOptions { PublishPeriod = 1, TargetPeriod = 1 }, counters);
        _network.Failure = new NonFiniteUpdateException("the loss is NaN");
        Assert.Same(_network.Failure, Assert.Throws<NonFiniteUpdateException>(() => Step(learner)));
        Assert.Equal(0, counters.Updates);
        Assert.Empty(_network.TargetMoves);
        Assert.Empty(_policies.All);
        Assert.Empty(_replay.Priorities);
    }

    [Fact]
    public void A_cancelled_wait_is_passed_on()
    {
        GradientLearner learner = Make(new LearnerOptions(), new RunCounters());
        Assert.Throws<OperationCanceledException>(() => learner.Step(TimeSpan.Zero, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void The_last_result_and_the_state_are_the_networks()
    {
        GradientLearner learner = Steps(2, new LearnerOptions());
        Assert.Equal(_network.Result, learner.LastResult);
        Assert.Equal(2, LearnerState.Capture(learner.Policy, learner.Visit).Numbers["adam.step"]);
    }

    [Fact]
    public void A_network_that_works_ahead_gets_the_next_batch_before_its_results_are_read_and_priorities_follow()
    {
        _network = new RecordingNetwork { StepsAhead = 1 };
        GradientLearner learner = Steps(3, new LearnerOptions { PublishPeriod = 100 });
        Assert.Equal(2, _network.MostUnderWay);
        Assert.Equal(2, _replay.Priorities.Count);
        learner.Publish();
        Assert.Equal(3, _replay.Priorities.Count);
        for (int update = 1; update <= 3; update++)
        {
            Assert.Equal(Math.Abs(RecordingNetwork.TdError(update, 1)), _replay.Priorities[update - 1][1]);
        }

        Step(learner);
        LearnerState.Capture(learner.Policy, learner.Visit);
        Assert.Equal(4, _replay.Priorities.Count);
    }

    [Fact]
    public void Disposing_a_learner_disposes_its_network()
    {
        Make(new LearnerOptions(), new RunCounters()).Dispose();
        Assert.True(_network.Disposed);
    }

    private static SampleStatus Step(GradientLearner learner) => learner.Step(TimeSpan.Zero, CancellationToken.None);

    private GradientLearner Steps(int count, LearnerOptions options, RunCounters? counters = null)
    {
        counters ??= new RunCounters();
        long before = counters.Updates;
        GradientLearner learner = Make(options, counters);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(SampleStatus.Sampled, Step(learner));
        }

        Assert.Equal(before + count, counters.Updates);
        return learner;
    }

    private GradientLearner Make(LearnerOptions options, RunCounters counters, long version = -1) => _learner = new GradientLearner(
        options, new SegmentSpec(ElementType.Float32, observationLength: 2, actionCount: 2), _network, new DqnObjective(default), _replay, _policies, counters, version);

    private sealed class Published : IPolicySink
    {
        public List<(long Version, float Parameter)> All { get; } = [];

        public bool Publish(long version, ReadOnlySpan<float> parameters)
        {
            All.Add((version, parameters[0]));
            return true;
        }

        public bool Publish(long version, IParameterSource parameters)
        {
            var first = new float[1];
            parameters.ReadParameters(first);
            return Publish(version, first);
        }
    }
}
