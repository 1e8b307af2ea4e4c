using Krewe.Actors;
using Krewe.Contracts;

namespace Krewe.Tests;

public class EpsilonGreedyPolicyTests
{
    // 100,000 independent choices. Frequencies are compared within 5 standard deviations of a binomial count, which a correct policy
    // exceeds once in 1.7 million; the seed is fixed.
    private const int Environments = 1_000;
    private const int Rounds = 100;
    private const int Samples = Environments * Rounds;
    private const double Deviations = 5;

    private static readonly float[] Values = [0.1f, -2f, 0.7f, 0.3f];
    private const int Best = 2;

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.3)]
    [InlineData(0.9)]
    [InlineData(1.0)]
    public void Actions_have_the_frequencies_of_an_epsilon_greedy_policy(double epsilon)
    {
        long[] counts = Count(epsilon);
        for (int action = 0; action < Values.Length; action++)
        {
            Assert.True(IsWithin(counts[action], Probability(action, epsilon)), $"action {action}: {counts[action]} of {Samples}");
        }
    }

    [Fact]
    public void The_bound_on_frequencies_detects_a_policy_that_never_explores_its_greedy_action() =>
        Assert.False(IsWithin(Count(0.3)[Best], expected: 1 - 0.3));

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.25)]
    [InlineData(1.0)]
    public void The_recorded_probability_is_the_policys_probability_of_the_action_taken(double epsilon) =>
        Each(epsilon, (action, probability, _) => Assert.Equal(Probability(action, epsilon), probability, tolerance: 1e-7));

    [Fact]
    public void Greedy_marks_every_action_that_was_not_drawn_at_random()
    {
        const double Epsilon = 0.4;
        long greedy = 0;
        Each(Epsilon, (action, _, isGreedy) =>
        {
            Assert.True(!isGreedy || action == Best, $"action {action} is marked greedy");
            greedy += isGreedy ? 1 : 0;
        });
        Assert.True(IsWithin(greedy, 1 - Epsilon), $"{greedy} of {Samples} are marked greedy");
    }

    [Fact]
    public void With_epsilon_zero_every_action_is_the_best_one_and_no_random_number_is_drawn()
    {
        var random = new Pcg64(seed: 1);
        Pcg64State before = random.State;
        Act(StubQNetwork.Constant(1, Values), epsilon: 0, random, (action, probability, greedy) => Assert.Equal((Best, 1f, true), (action, probability, greedy)));
        Assert.Equal(before, random.State);
    }

    [Fact]
    public void With_epsilon_one_the_network_is_not_evaluated()
    {
        StubQNetwork network = StubQNetwork.Constant(1, Values);
        Act(network, epsilon: 1, new Pcg64(seed: 1), (_, probability, greedy) => Assert.Equal((0.25f, false), (probability, greedy)));
        Assert.Equal(0, network.Forwards);
    }

    [Theory]
    [InlineData(new[] { 1f, 1f }, 0)]
    [InlineData(new[] { 0f, 1f }, 1)]
    [InlineData(new[] { 0f, 3f, 3f }, 1)]
    [InlineData(new[] { 2f, 2f, 2f, 2f, 2f }, 0)]
    [InlineData(new[] { -5f, -4f, -4f, -9f }, 1)]
    public void The_first_of_equal_values_is_taken_as_by_argmax(float[] values, int expected) =>
        Act(StubQNetwork.Constant(1, values), epsilon: 0, new Pcg64(seed: 1), (action, _, _) => Assert.Equal(expected, action));

    [Fact]
    public void Each_environment_gets_the_action_for_its_own_observation()
    {
        var network = new StubQNetwork(observationLength: 1, actions: 3, (_, observation, row) => row.Span[(int)observation.Span[0]] = 1);
        var policy = new EpsilonGreedyPolicy(network, count: 3);
        byte[] observations = [.. new[] { 2f, 0f, 1f }.SelectMany(BitConverter.GetBytes)];
        var actions = new int[3];
        policy.Act(observations, epsilon: 0, new Pcg64(seed: 1), actions, [], []);
        Assert.Equal([2, 0, 1], actions);
    }

    private static double Probability(int action, double epsilon) => (epsilon / Values.Length) + (action == Best ? 1 - epsilon : 0);

    private static bool IsWithin(long count, double expected) =>
        Math.Abs(count - (Samples * expected)) <= Deviations * Math.Sqrt(Samples * expected * (1 - expected));

    private static long[] Count(double epsilon)
    {
        var counts = new long[Values.Length];
        Each(epsilon, (action, _, _) => counts[action]++);
        return counts;
    }

    private static void Each(double epsilon, Action<int, float, bool> look)
    {
        var random = new Pcg64(seed: 11);
        for (int round = 0; round < Rounds; round++)
        {
            Act(StubQNetwork.Constant(1, Values), epsilon, random, look);
        }
    }

    [Fact]
    public void Probabilities_are_those_that_rlax_prints()
    {
        // Row 0 has two best actions, which share the greedy mass there; here the first of them has all of it.
        GoldenCase golden = new("epsilon_greedy_probs");
        float[] preferences = golden.Rows("preferences")[1];
        var found = new float[preferences.Length];
        for (ulong seed = 0; seed < 200; seed++)
        {
            Act(StubQNetwork.Constant(1, preferences), golden.Number("epsilon"), new Pcg64(seed), (action, probability, _) => found[action] = probability);
        }

        golden.Check("probs", [0.45f, 0.45f, 0.05f, 0.05f, .. found]);
        Assert.Equal(golden.ExpectedAt("logprob", 1), Math.Log(found[1]), 1e-4);
    }

    private static void Act(StubQNetwork network, double epsilon, Pcg64 random, Action<int, float, bool> look)
    {
        var policy = new EpsilonGreedyPolicy(network, Environments);
        var actions = new int[Environments];
        var probabilities = new float[Environments];
        var greedy = new byte[Environments];
        policy.Act(new byte[Environments * network.Spec.ObservationBytes], epsilon, random, actions, probabilities, greedy);
        for (int i = 0; i < Environments; i++)
        {
            look(actions[i], probabilities[i], greedy[i] == 1);
        }
    }
}
