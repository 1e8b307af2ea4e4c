using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Where a general case must equal a simpler one, and what must not leak from one sample or place to another.</summary>
public class DegenerationTests
{
    private const int Actions = 3;
    private const int Rows = 40;

    private static readonly TemporalDifference Huber = new(LossKind.Huber, 0.7f);

    private readonly Pcg64 _random = new(7);

    [Fact]
    public void Double_dqn_with_one_network_for_both_is_dqn()
    {
        (float[] returns, float[] discounts, float[] outputs, float[] next) = Draw();
        AssertSame(
            new ObjectiveCase(new DqnObjective(Huber), Actions, returns, discounts, outputs, next),
            new ObjectiveCase(new DoubleDqnObjective(Huber), Actions, returns, discounts, outputs, next, next));
    }

    [Fact]
    public void Double_dqn_with_two_networks_is_not_dqn()
    {
        (float[] returns, float[] discounts, float[] outputs, float[] next) = Draw();
        float[] selector = Numbers(next.Length);
        Assert.NotEqual(
            new ObjectiveCase(new DqnObjective(Huber), Actions, returns, discounts, outputs, next).Losses,
            new ObjectiveCase(new DoubleDqnObjective(Huber), Actions, returns, discounts, outputs, next, selector).Losses);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_terminal_sample_does_not_depend_on_the_values_of_its_next_observation(float value)
    {
        float[] bad = [value, value, value];
        Assert.Equal([1.5f], new ObjectiveCase(new DqnObjective(Huber), Actions, [2], [0], [0.5f], bad).Priorities);
        Assert.Equal([1.5f], new ObjectiveCase(new DoubleDqnObjective(Huber), Actions, [2], [0], [0.5f], bad, bad).Priorities);
        Assert.False(float.IsFinite(new ObjectiveCase(new DqnObjective(Huber), Actions, [2], [0.5f], [0.5f], bad).Priorities[0]));
    }

    [Fact]
    public void The_discount_is_that_of_the_sample()
    {
        // Three samples of different length: gamma to the n of the options would be wrong for two of them.
        var result = new ObjectiveCase(new DqnObjective(Huber), 1, [0, 0, 0], [0.9f, 0.81f, 0], [0, 0, 0], [1, 1, 1]);
        Assert.Equal([0.9f, 0.81f, 0], result.Priorities);
    }

    [Fact]
    public void A_smallest_return_of_0_is_kept()
    {
        LearnerOptions learner = new();
        EnvironmentSpec environment = Environments.EnvironmentRegistry.CreateDefault().GetSpec("CartPole-v1");
        var agent = new C51Agent();
        var network = (NetworkSpec)agent.Plan(environment, new NetworkArchitecture([8]), new C51Options { VMin = 0, VMax = 200 }).Policy;
        Assert.Equal((0, 200), (network.Head.Low, network.Head.High));
        Assert.Equal((0, 200), (((C51Objective)agent.CreateObjective(learner, network, null)).Head.Low, network.Head.High));
    }

    [Fact]
    public void Expected_returns_of_a_dueling_distribution_do_not_depend_on_a_number_added_to_all_advantages()
    {
        // The mean is over actions, for each return by itself: a vector added to the advantages of every action changes nothing.
        var spec = new NetworkSpec(
            new BoxSpace(-1, 1, [2]), new NetworkArchitecture([]) { Dueling = true, Head = HeadSpec.Categorical(4, -1, 1) }, Actions);
        var parameters = Numbers(spec.ParameterCount);
        float[] shifted = [.. parameters];
        TensorSpec bias = spec.Tensors.Single(tensor => tensor.Name == "advantage.0.bias");
        for (int i = 0; i < bias.Length; i++)
        {
            shifted[bias.Offset + i] += (i % 4) - 0.5f;
        }

        float[] observation = [0.3f, -0.6f];
        Assert.All(Values(spec, parameters, observation).Zip(Values(spec, shifted, observation)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));

        static float[] Values(NetworkSpec spec, float[] parameters, float[] observation)
        {
            using IQNetwork network = spec.CreateNetwork();
            network.WriteParameters(parameters);
            var values = new float[Actions];
            network.Forward(System.Runtime.InteropServices.MemoryMarshal.AsBytes(observation.AsSpan()), 1, values);
            return values;
        }
    }

    [Fact]
    public void Quantiles_are_summed_over_the_source_and_averaged_over_the_target()
    {
        // Twice the targets, the same loss; twice the sources, twice the loss.
        float[] gradient = new float[4];
        float one = QuantileLoss.Evaluate([1, 2], [0.25f, 0.75f], [3, 5, 4], kappa: 2, gradient);
        Assert.Equal(one, QuantileLoss.Evaluate([1, 2], [0.25f, 0.75f], [3, 5, 4, 3, 5, 4], kappa: 2, gradient), 1e-6f);
        Assert.Equal(2 * one, QuantileLoss.Evaluate([1, 2, 1, 2], [0.25f, 0.75f, 0.25f, 0.75f], [3, 5, 4], kappa: 2, gradient), 1e-6f);
    }

    [Fact]
    public void The_gradient_of_the_quantile_loss_is_its_slope()
    {
        float[] source = [0.4f, -1.3f, 2.2f];
        float[] fractions = [0.1f, 0.5f, 0.8f];
        float[] target = [1.1f, -0.7f];
        var gradient = new float[3];
        QuantileLoss.Evaluate(source, fractions, target, kappa: 2, gradient);
        for (int i = 0; i < source.Length; i++)
        {
            const float Step = 1e-2f;
            Assert.Equal((At(i, Step) - At(i, -Step)) / (2 * Step), gradient[i], 1e-3f);
        }

        float At(int index, float step)
        {
            float[] moved = [.. source];
            moved[index] += step;
            return QuantileLoss.Evaluate(moved, fractions, target, kappa: 2, new float[3]);
        }
    }

    [Fact]
    public void Lambda_returns_stop_at_a_termination_and_not_at_a_truncation()
    {
        // The value after a terminal step counts for nothing, even if it is not a number.
        var returns = new float[3];
        LambdaReturns.Fill([1, 2, 4], [0.5f, 0, 0.5f], [10, float.NaN, 6], lambda: 0.5, returns);
        Assert.Equal([1 + (0.5f * (5 + 1)), 2, 4 + 3], returns);
    }

    private static void AssertSame(ObjectiveCase expected, ObjectiveCase actual)
    {
        Assert.Equal(expected.Losses, actual.Losses);
        Assert.Equal(expected.Gradients, actual.Gradients);
        Assert.Equal(expected.Priorities, actual.Priorities);
        Assert.Equal(expected.Values, actual.Values);
    }

    private (float[] Returns, float[] Discounts, float[] Outputs, float[] Next) Draw() =>
        (Numbers(Rows), [.. Numbers(Rows).Select(Math.Abs)], Numbers(Rows), Numbers(Rows * Actions));

    private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * _random.NextSingle()) - 1)];
}
