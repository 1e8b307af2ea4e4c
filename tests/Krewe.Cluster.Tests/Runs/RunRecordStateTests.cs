using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

public sealed class RunRecordStateTests
{
    [Fact]
    public void The_newest_points_of_a_long_learning_curve_are_kept_and_the_others_counted()
    {
        var state = new RunRecordState();
        const int Points = 1_000;
        for (int i = 0; i < Points; i += 2)
        {
            state.AddEvaluations([Point(i), Point(i + 1)]);
        }

        Assert.Equal(Enumerable.Range(Points - RunRecordState.MostEvaluations, RunRecordState.MostEvaluations).Select(Point), state.Evaluations);
        Assert.Equal(Points, state.EvaluationsDropped + state.Evaluations.Count);
    }

    [Fact]
    public void A_repeated_report_is_applied_once()
    {
        var state = new RunRecordState();
        state.AddEvaluations([Point(0), Point(1)]);
        state.AddEvaluations([Point(0), Point(1)]);
        state.AddEvaluations([Point(0), Point(1), Point(2)]);
        Assert.Equal([Point(0), Point(1), Point(2)], state.Evaluations);
    }

    private static EvaluationPoint Point(int number) => new(
        Seconds: number,
        EnvironmentSteps: 1_000 * number,
        Updates: 100 * number,
        Mean: 200,
        StandardDeviation: 1,
        Minimum: 190,
        Maximum: 210,
        MeanLength: 200,
        Episodes: 20,
        IsBest: false);
}
