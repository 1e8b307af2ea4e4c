using System.Runtime.InteropServices;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;

[assembly: ActingAgent<Krewe.Tests.RecordingAgent>]

namespace Krewe.Tests;

public class EvaluatorTests
{
    public EvaluatorTests() => ActingAgents.Register(typeof(RecordingAgent).Assembly);

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
            new CodedVectorEnvironment(count: 1, actions: 2, (_, _) => int.MaxValue), Policy(CodedVectorEnvironment.Elements), "", maxEpisodeSteps: int.MaxValue);
        Assert.Throws<OperationCanceledException>(
            () => evaluator.Run(Zeros(CodedVectorEnvironment.Elements), episodes: 1, epsilon: 0, seed: 0, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void The_caller_is_told_how_many_episodes_have_ended()
    {
        List<int> ended = [];
        using var evaluator = new Evaluator(new CodedVectorEnvironment(count: 2, actions: 2, (_, _) => 1), Policy(CodedVectorEnvironment.Elements), "", maxEpisodeSteps: 10)
        {
            EpisodesEnded = ended.Add,
        };
        evaluator.Run(Zeros(CodedVectorEnvironment.Elements), episodes: 5, epsilon: 0, seed: 0, CancellationToken.None);
        Assert.Equal([2, 4, 5], ended);
    }

    [Fact]
    public void The_statistics_are_those_of_the_returns()
    {
        // Returns of a constant policy in episodes of one step are the rewards: 0, 100 * 10 of the second episode, and so on.
        using var evaluator = new Evaluator(new CodedVectorEnvironment(count: 1, actions: 2, (_, _) => 1), Policy(CodedVectorEnvironment.Elements), "", maxEpisodeSteps: 10);
        EvaluationResult result = evaluator.Run(Zeros(CodedVectorEnvironment.Elements), episodes: 3, epsilon: 0, seed: 0, CancellationToken.None);
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
            using var evaluator = new Evaluator(environment, Policy(4), "", maxEpisodeSteps: 1_000);
            return evaluator.Run(Zeros(4), episodes: 20, epsilon: 0.5, seed, CancellationToken.None);
        }
    }

    // All values are equal, so that the greedy action is the first.
    private static NetworkSpec Policy(int observationLength) => new(ElementType.Float32, observationLength, observationLength, [], actionCount: 2);

    private static float[] Zeros(int observationLength) => new float[Policy(observationLength).ParameterCount];

    private static EvaluationResult Evaluate(int episodes, int instances, Func<int, int, int> length, int maxEpisodeSteps = 1_000)
    {
        using var evaluator = new Evaluator(new CodedVectorEnvironment(instances, actions: 2, length), Policy(CodedVectorEnvironment.Elements), "", maxEpisodeSteps);
        return evaluator.Run(Zeros(CodedVectorEnvironment.Elements), episodes, epsilon: 0, seed: 0, CancellationToken.None);
    }

    [Fact]
    public void The_policy_acts_through_the_behaviour_of_its_agent_without_exploration()
    {
        // The behaviour takes the last action, which the values of the policy do not prefer.
        IVectorEnvironment environment = EnvironmentRegistry.CreateDefault().MakeVector("FrozenLake-v1", count: 1);
        var policy = new TableSpec(observationCount: 16, actionCount: 4);
        using var evaluator = new Evaluator(environment, policy, RecordingAgent.OwnKind, maxEpisodeSteps: 5);
        evaluator.Run(new float[policy.ParameterCount], episodes: 1, epsilon: 0.25, seed: 3, CancellationToken.None);
        evaluator.Run(new float[policy.ParameterCount], episodes: 1, epsilon: 0, seed: 3, CancellationToken.None);
        Assert.Equal([(true, 0.25, 0L), (true, 0, 1)], RecordingAgent.Created);
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

/// <summary>Remembers with what its behaviours were created.</summary>
public sealed class RecordingAgent : IActingAgent
{
    /// <summary>Its kind.</summary>
    public const string OwnKind = "tests_recording";

    private static readonly List<(bool IsEvaluation, double Epsilon, long Version)> All = [];

    /// <summary>Whether it was evaluated, epsilon, and the version of the policy, for each behaviour that has acted.</summary>
    public static IReadOnlyList<(bool IsEvaluation, double Epsilon, long Version)> Created => All;

    /// <inheritdoc/>
    public string Kind => OwnKind;

    /// <inheritdoc/>
    public IBehaviour Create(ActingContext context) => new Last(context);

    private sealed class Last(ActingContext context) : IBehaviour
    {
        private readonly IPolicyNetwork _network = context.Policies.CreateNetwork();
        private bool _isRecorded;

        public long PolicyVersion => _network.Version;

        public double Exploration => 0;

        public bool Refresh() => _network.Refresh();

        public void Act(ReadOnlySpan<byte> observations, long step, Span<byte> actions, Span<float> probabilities, Span<byte> greedy)
        {
            if (!_isRecorded)
            {
                All.Add((context.IsEvaluation, context.Options.Epsilon.At(step), PolicyVersion));
                _isRecorded = true;
            }

            MemoryMarshal.Cast<byte, int>(actions).Fill(context.Segments.ActionCount - 1);
            probabilities.Fill(1);
            greedy.Fill(1);
        }

        public void Dispose() => _network.Dispose();
    }
}
