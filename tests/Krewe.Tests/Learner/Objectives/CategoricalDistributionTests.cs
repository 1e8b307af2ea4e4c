using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public class CategoricalDistributionTests
{
    [Theory]
    [InlineData(51, -10, 10)]
    [InlineData(31, -500, 500)]
    [InlineData(2, 0, 1)]
    [InlineData(101, 0, 0.1)]
    public void A_projection_is_the_triangular_form_in_double_and_loses_no_mass(int atoms, float low, float high)
    {
        HeadSpec head = HeadSpec.Categorical(atoms, low, high);
        var distribution = new CategoricalDistribution(head);
        var random = new Pcg64(3);
        for (int round = 0; round < 200; round++)
        {
            // Discount 1 puts every point onto a return, or a rounding beside one; 0 puts all onto one point.
            double discount = (round % 4) switch { 0 => 1, 1 => 0, 2 => 0.99, _ => random.NextDouble() };
            double addend = round % 3 == 0 ? 0 : random.NextUniform(2 * low, 2 * high);
            float[] probabilities = [.. Enumerable.Range(0, atoms).Select(_ => (float)random.NextDouble())];
            double[] points = [.. Enumerable.Range(0, atoms).Select(i => addend + (discount * head.Atom(i)))];
            var projected = new float[atoms];
            distribution.Project(points, probabilities, projected);
            Assert.Equal(probabilities.Sum(mass => (double)mass), projected.Sum(mass => (double)mass), 1e-4);
            double spacing = ((double)high - low) / (atoms - 1);
            for (int j = 0; j < atoms; j++)
            {
                double expected = 0;
                for (int i = 0; i < atoms; i++)
                {
                    double at = Math.Clamp(points[i], low, high);
                    expected += probabilities[i] * Math.Max(0, 1 - (Math.Abs(at - (low + (j * spacing))) / spacing));
                }

                Assert.Equal(expected, projected[j], 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_point_that_is_not_finite_is_not_taken_for_an_end_of_the_range(double point)
    {
        var projected = new float[2];
        new CategoricalDistribution(HeadSpec.Categorical(2, 0, 1)).Project([0, point], [0.5f, 0.5f], projected);
        Assert.All(projected, mass => Assert.Equal(float.NaN, mass));
    }

    [Fact]
    public void The_gradient_of_the_cross_entropy_is_its_slope()
    {
        HeadSpec head = HeadSpec.Categorical(7, -1, 2);
        var objective = new C51Objective(head);
        var random = new Pcg64(5);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextUniform(-2, 2))];
        float[] next = Draw(3 * 7);
        float[] outputs = Draw(7);
        float[] gradient = Evaluate(outputs).Gradients;
        for (int i = 0; i < 7; i++)
        {
            const float Step = 1e-2f;
            float[] above = [.. outputs];
            float[] below = [.. outputs];
            above[i] += Step;
            below[i] -= Step;
            Assert.Equal((Evaluate(above).Losses[0] - Evaluate(below).Losses[0]) / (2 * Step), gradient[i], 1e-4f);
        }

        ObjectiveCase Evaluate(float[] logits) => new(objective, 3, [0.3f], [0.9f], logits, next);
    }

    [Fact]
    public void Two_returns_are_a_linear_value()
    {
        // With z = 0 and 1 a distribution is its expectation, and the projection of R + d z is that of R + d E z.
        HeadSpec head = HeadSpec.Categorical(2, 0, 1);
        var result = new ObjectiveCase(new C51Objective(head), 1, [0.2f], [0.5f], [0, MathF.Log(3)], [0, MathF.Log(4)]);
        Assert.Equal(0.75f, result.Values[0], 1e-6f);
        const double Target = 0.2 + (0.5 * 0.8);
        Assert.Equal(-(Target * Math.Log(0.75)) - ((1 - Target) * Math.Log(0.25)), result.Losses[0], 1e-5);
        Assert.Equal(0.75 - Target, result.Gradients[1], 1e-6);
    }

    [Fact]
    public void A_priority_is_zero_where_the_distributions_are_equal()
    {
        float[] logits = [0.3f, -1, 2, 0.5f];
        var result = new ObjectiveCase(new C51Objective(HeadSpec.Categorical(4, 0, 3)), 1, [0], [1], logits, logits);
        Assert.Equal(0, result.Priorities[0], 1e-6f);
        Assert.All(result.Gradients, gradient => Assert.Equal(0, gradient, 1e-6f));
    }
}
