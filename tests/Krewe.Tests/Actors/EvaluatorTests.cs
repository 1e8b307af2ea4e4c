using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

public class EvaluatorTests
{
    [Fact]
    public void Short_episodes_do_not_count_more_often_than_long_ones()
    {
        // Instance 0 ends after every step, instance 1 after a hundred: half of the episodes are of each kind.
        EvaluationResult result = Evaluate(episodes: 10, instances: 2, (instance, _) => instance == 0 ? 1 : 100);
        Assert.Equal(50.5, result.MeanLength);
        Assert.Equal(10, result.Episodes);
    }

    [Fact]
    public void Taking_the_first_episodes_to_end_would_count_only_short_ones()
    {
        // Negative control: the same environment, evaluated in the way that the evaluator avoids.
        var environment = new CodedVectorEnvironment(count: 2, actions: 2, (instance, _) => instance == 0 ? 1 : 100);
        Assert.Equal(1, FirstToEnd(environment, episodes: 10).Average());
    }

    [Fact]
    public void Episodes_that_do_not_divide_evenly_are_all_played() =>
        Assert.Equal((7 + (2 * 5)) / 3.0, Evaluate(episodes: 3, instances: 2, (instance, _) => instance == 0 ? 5 : 7).MeanLength, tolerance: 1e-12);

    [Fact]
    public void An_endless_episode_is_cut_short_and_counted_with_its_return_so_far()
    {
        EvaluationResult result = Evaluate(episodes: 2, instances: 2, (_, _) => int.MaxValue, maxEpisodeSteps: 7);
        Assert.Equal(7, result.MeanLength);
        Assert.Equal(2, result.Episodes);
    }

    [Fact]
    public void Fewer_episodes_than_environments_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Evaluate(episodes: 1, instances: 2, (_, _) => 1));

    [Fact]
    public void A_cancelled_evaluation_ends()
    {
        using var evaluator = new Evaluator(
            new CodedVectorEnvironment(count: 1, actions: 2, (_, _) => int.MaxValue), StubQNetwork.Constant(3, 1f, 0f), maxEpisodeSteps: int.MaxValue);
        Assert.Throws<OperationCanceledException>(
            () => evaluator.Run([], episodes: 1, epsilon: 0, seed: 0, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void The_caller_is_told_how_many_episodes_have_ended()
    {
        List<int> ended = [];
        using var evaluator = new Evaluator(new CodedVectorEnvironment(count: 2, actions: 2, (_, _) => 1), StubQNetwork.Constant(3, 1f, 0f), maxEpisodeSteps: 10)
        {
            EpisodesEnded = ended.Add,
        };
        evaluator.Run([], episodes: 5, epsilon: 0, seed: 0, CancellationToken.None);
        Assert.Equal([2, 4, 5], ended);
    }

    [Fact]
    public void The_statistics_are_those_of_the_returns()
    {
        // Returns of a constant policy in episodes of one step are the rewards: 0, 100 * 10 of the second episode, and so on.
        using var evaluator = new Evaluator(new CodedVectorEnvironment(count: 1, actions: 2, (_, _) => 1), StubQNetwork.Constant(3, 1f, 0f), maxEpisodeSteps: 10);
        EvaluationResult result = evaluator.Run([], episodes: 3, epsilon: 0, seed: 0, CancellationToken.None);
        Assert.Equal((1_000, 0, 2_000), (result.Mean, result.Minimum, result.Maximum));
        Assert.Equal(Math.Sqrt(2_000_000 / 3.0), result.StandardDeviation, tolerance: 1e-9);
    }

    [Fact]
    public void The_same_seed_plays_the_same_episodes_and_another_seed_different_ones()
    {
        EvaluationResult first = CartPole(seed: 5);
        Assert.Equal(first, CartPole(seed: 5));
        Assert.NotEqual(first, CartPole(seed: 6));

        static EvaluationResult CartPole(ulong seed)
        {
            IVectorEnvironment environment = EnvironmentRegistry.CreateDefault().MakeVector("CartPole-v1", count: 8);
            using var evaluator = new Evaluator(environment, StubQNetwork.Constant(4, 1f, 0f), maxEpisodeSteps: 1_000);
            return evaluator.Run([], episodes: 20, epsilon: 0.5, seed, CancellationToken.None);
        }
    }

    private static EvaluationResult Evaluate(int episodes, int instances, Func<int, int, int> length, int maxEpisodeSteps = 1_000)
    {
        using var evaluator = new Evaluator(new CodedVectorEnvironment(instances, actions: 2, length), StubQNetwork.Constant(3, 1f, 0f), maxEpisodeSteps);
        return evaluator.Run([], episodes, epsilon: 0, seed: 0, CancellationToken.None);
    }

    private static List<int> FirstToEnd(CodedVectorEnvironment environment, int episodes)
    {
        List<int> lengths = [];
        var running = new int[environment.Count];
        int bytes = environment.Count * environment.ObservationSpace.ByteSize;
        var step = new VectorStep
        {
            Observations = new byte[bytes],
            FinalObservations = new byte[bytes],
            Rewards = new float[environment.Count],
            Terminated = new byte[environment.Count],
            Truncated = new byte[environment.Count],
        };
        while (lengths.Count < episodes)
        {
            environment.Step(new int[environment.Count], in step);
            for (int i = 0; i < environment.Count; i++)
            {
                running[i]++;
                if ((step.Terminated[i] | step.Truncated[i]) != 0)
                {
                    lengths.Add(running[i]);
                    running[i] = 0;
                }
            }
        }

        return lengths;
    }
}
