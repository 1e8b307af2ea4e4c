using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>The numbers that other libraries' tests print for the same formulas; value_learning.json names the source of each.</summary>
public class ValueLearningTests
{
    [Fact]
    public void Q_learning()
    {
        GoldenCase golden = new("q_learning");
        var mse = new TemporalDifference(LossKind.Mse, 1);
        golden.CheckErrors(new ObjectiveCase(
            new DqnObjective(mse), 3, golden.Flat("r_t"), golden.Flat("discount_t"), golden.Chosen("q_tm1", 1), golden.Flat("q_t")));
    }

    [Fact]
    public void Td_learning()
    {
        // Q-learning with one action.
        GoldenCase golden = new("td_learning");
        golden.CheckErrors(new ObjectiveCase(
            new DqnObjective(new TemporalDifference(LossKind.Mse, 1)), 1, golden.Flat("r_t"), golden.Flat("discount_t"), golden.Flat("v_tm1"), golden.Flat("v_t")));
    }

    [Fact]
    public void Double_q_learning()
    {
        GoldenCase golden = new("double_q_learning");
        var mse = new TemporalDifference(LossKind.Mse, 1);
        golden.CheckErrors(new ObjectiveCase(
            new DoubleDqnObjective(mse),
            3,
            golden.Flat("r_t"),
            golden.Flat("discount_t"),
            golden.Chosen("q_tm1", 1),
            golden.Flat("q_t_value"),
            golden.Flat("q_t_selector")));
    }

    [Fact]
    public void Huber_loss()
    {
        GoldenCase golden = new("huber_loss_delta1");
        var huber = new TemporalDifference(LossKind.Huber, 1);
        float[] errors = golden.Flat("x");
        golden.Check("loss", errors.Select(huber.Loss));

        // The error is target - Q: its derivative at Q has the opposite sign of the loss's at the error.
        golden.Check("gradient", errors.Select(error => -huber.Derivative(error)));
    }

    [Fact]
    public void Huber_loss_of_pairs()
    {
        GoldenCase golden = new("huber_loss_delta1_pairs");
        var huber = new TemporalDifference(LossKind.Huber, 1);
        golden.Check("loss", golden.Flat("target").Zip(golden.Flat("prediction"), (target, prediction) => huber.Loss(target - prediction)));
    }

    [Theory]
    [InlineData("lambda_returns", null)]
    [InlineData("discounted_returns", 1.0)]
    public void Lambda_returns(string name, double? lambda)
    {
        GoldenCase golden = new(name);
        golden.Check("returns", Returns(golden, golden.Rows("v_t"), lambda ?? golden.Number("lambda")).SelectMany(row => row));
    }

    [Fact]
    public void Td_lambda()
    {
        GoldenCase golden = new("td_lambda");
        float[] last = golden.Flat("bootstrap_v");
        float[][] values = golden.Rows("v_tm1");
        float[][] next = [.. values.Select((row, i) => (float[])[.. row[1..], last[i]])];
        float[][] returns = Returns(golden, next, golden.Number("lambda"));
        golden.Check("td_error", returns.SelectMany((row, i) => row.Select((value, t) => value - values[i][t])));
    }

    [Fact]
    public void Advantages_are_lambda_returns_less_the_values()
    {
        GoldenCase golden = new("gae_lambda0.7");
        float[][] values = golden.Rows("v");
        float[][] returns = Returns(golden, [.. values.Select(row => row[1..])], golden.Number("lambda"));
        golden.Check("advantages", returns.SelectMany((row, i) => row.Select((value, t) => value - values[i][t])));
    }

    [Theory]
    [InlineData("quantile_regression_loss_huber0")]
    [InlineData("quantile_regression_loss_huber2")]
    public void Quantile_regression_loss(string name)
    {
        GoldenCase golden = new(name);
        float[][] source = golden.Rows("dist_src");
        float[][] fractions = golden.Rows("tau_src");
        float[][] target = golden.Rows("dist_target");
        golden.Check("loss", source.Select((row, i) =>
            QuantileLoss.Evaluate(row, fractions[i], target[i], golden.Number("huber_param"), new float[row.Length])));
    }

    [Fact]
    public void Quantile_regression_loss_of_midpoints()
    {
        GoldenCase golden = new("quantile_huber_sum");
        float[] source = golden.Flat("current");
        float[] midpoints = [.. Enumerable.Range(0, source.Length).Select(i => (i + 0.5f) / source.Length)];
        golden.Check("loss", [QuantileLoss.Evaluate(source, midpoints, golden.Flat("target"), golden.Number("huber_param"), new float[source.Length])]);
    }

    [Fact]
    public void Categorical_q_learning()
    {
        GoldenCase golden = new("categorical_q_learning");
        HeadSpec head = HeadSpec.Categorical(3, 0.5f, 1.5f);
        var result = new ObjectiveCase(
            new C51Objective(head),
            4,
            golden.Flat("r_t"),
            golden.Flat("discount_t"),
            golden.Chosen("q_logits_tm1", 3),
            golden.Flat("q_logits_t"));
        golden.Check("loss", result.Losses);
    }

    [Fact]
    public void Categorical_cross_entropy()
    {
        GoldenCase golden = new("categorical_cross_entropy");
        float[] labels = golden.Flat("labels");
        float[] logits = golden.Flat("logits");
        var distribution = new CategoricalDistribution(HeadSpec.Categorical(3, 0, 2));
        golden.Check("loss", Enumerable.Range(0, 2).Select(row =>
        {
            distribution.Softmax(logits.AsSpan(row * 3, 3), new float[3], out double logSum);
            return (float)Enumerable.Range(0, 3).Sum(i => labels[(row * 3) + i] * (logSum - logits[(row * 3) + i]));
        }));
    }

    [Theory]
    [InlineData("c51_project_identical", "supports", "weights", "target_support", "projection")]
    [InlineData("c51_project_different", "supports", "weights", "target_support", "projection")]
    [InlineData("c51_project_code_comment", "supports", "weights", "target_support", "projection")]
    [InlineData("categorical_l2_project", "z_p", "probs", "z_q", "projected")]
    public void Projections(string name, string from, string mass, string onto, string expected)
    {
        GoldenCase golden = new(name);
        float[][] points = golden.Rows(from);
        float[][] weights = golden.Rows(mass);
        float[][] targets = golden.Rows(onto);
        var projected = new List<float>();
        for (int row = 0; row < points.Length; row++)
        {
            float[] returns = targets[Math.Min(row, targets.Length - 1)];
            var result = new float[returns.Length];
            new CategoricalDistribution(HeadSpec.Categorical(returns.Length, returns[0], returns[^1]))
                .Project([.. points[row].Select(point => (double)point)], weights[row], result);
            projected.AddRange(result);
        }

        golden.Check(expected, projected);
    }

    private static float[][] Returns(GoldenCase golden, float[][] values, double lambda)
    {
        float[][] rewards = golden.Rows("r_t");
        float[][] discounts = golden.Rows("discount_t");
        return [.. rewards.Select((row, i) =>
        {
            var returns = new float[row.Length];
            LambdaReturns.Fill(row, discounts[i], values[i], lambda, returns);
            return returns;
        })];
    }
}
