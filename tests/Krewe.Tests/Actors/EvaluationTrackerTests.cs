using Krewe.Actors;

namespace Krewe.Tests;

public class EvaluationTrackerTests
{
    [Fact]
    public void An_evaluation_is_due_once_per_interval_and_missed_ones_are_skipped_and_counted()
    {
        var tracker = new EvaluationTracker(interval: 100, threshold: null);
        Assert.Equal(
            [false, false, true, false, true, false, true],
            new long[] { 0, 99, 100, 101, 450, 499, 500 }.Select(tracker.TakeDue));

        // The evaluations at 200 and 300 were skipped: the one at 450 is the one that was due at 400.
        Assert.Equal(2, tracker.Skipped);
    }

    [Fact]
    public void After_a_resume_the_next_evaluation_is_the_next_of_the_schedule()
    {
        var tracker = new EvaluationTracker(interval: 100, threshold: null, steps: 250);
        Assert.False(tracker.IsDue(299));
        Assert.False(tracker.TakeDue(299));
        Assert.True(tracker.IsDue(300));
        Assert.True(tracker.TakeDue(300));
    }

    [Fact]
    public void An_equally_good_later_evaluation_does_not_replace_the_best()
    {
        var tracker = new EvaluationTracker(interval: 1, threshold: null);
        Assert.Equal([true, false, false, true], new double[] { 5, 4, 5, 6 }.Select(mean => tracker.Record(Result(mean), seconds: 0, step: 0).IsBest));
        Assert.Equal(6, tracker.Best);
        Assert.Equal([false, true], new double[] { 6, 6.5 }.Select(tracker.IsCandidate));
    }

    [Fact]
    public void Solved_is_the_first_evaluation_at_the_threshold()
    {
        var tracker = new EvaluationTracker(interval: 1, threshold: 475);
        Assert.False(tracker.Record(Result(474.9), seconds: 1, step: 10).IsFirstSolved);
        Assert.True(tracker.Record(Result(475), seconds: 2, step: 20).IsFirstSolved);
        Assert.False(tracker.Record(Result(500), seconds: 3, step: 30).IsFirstSolved);
        Assert.Equal((2, 20), tracker.Solved);
    }

    [Fact]
    public void Without_a_threshold_nothing_is_solved()
    {
        var tracker = new EvaluationTracker(interval: 1, threshold: null);
        Assert.False(tracker.Record(Result(1e9), seconds: 1, step: 10).IsFirstSolved);
        Assert.Null(tracker.Solved);
    }

    [Fact]
    public void A_resumed_run_keeps_its_best_and_when_it_was_solved()
    {
        var tracker = new EvaluationTracker(interval: 1, threshold: 10, steps: 5, best: 20, kept: 20, solved: (1.5, 3));
        Assert.Equal((false, false), tracker.Record(Result(19), seconds: 9, step: 9));
        Assert.Equal(20, tracker.Best);
        Assert.Equal((1.5, 3), tracker.Solved);
    }

    [Fact]
    public void A_resumed_run_evaluates_again_what_it_evaluated_before_and_keeps_the_better_network()
    {
        var tracker = new EvaluationTracker(interval: 1, threshold: 25, steps: 5, best: 10, kept: 30);
        Assert.Equal(30, tracker.Best);
        Assert.Equal(10, tracker.BestAtStep);
        Assert.True(tracker.IsCandidate(20));
        Assert.Equal((false, false), tracker.Record(Result(20), seconds: 1, step: 6));
        Assert.Equal(30, tracker.Best);
        Assert.Equal(20, tracker.BestAtStep);
        Assert.False(tracker.IsCandidate(20));

        // The same network again, and with it what it was kept for.
        Assert.Equal((true, true), tracker.Record(Result(30), seconds: 2, step: 7));
        Assert.Equal((2, 7), tracker.Solved);
    }

    private static EvaluationResult Result(double mean) => new(mean, StandardDeviation: 0, Minimum: mean, Maximum: mean, MeanLength: 1, Episodes: 1);
}
