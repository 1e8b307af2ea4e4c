using System.Text.Json;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>The numbers that other libraries' tests print for the same formulas; value_learning.json names the source of each.</summary>
public class ValueLearningTests
{
    private static readonly Dictionary<string, JsonElement> Cases = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "data", "golden", "value_learning.json")))
        .RootElement.EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!);

    [Fact]
    public void Q_learning()
    {
        Case golden = new("q_learning");
        var mse = new TemporalDifference(LossKind.Mse, 1);
        golden.CheckErrors(new ObjectiveCase(
            new DqnObjective(mse), 3, golden.Flat("r_t"), golden.Flat("discount_t"), golden.Chosen("q_tm1", 1), golden.Flat("q_t")));
    }

    [Fact]
    public void Double_q_learning()
    {
        Case golden = new("double_q_learning");
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
        Case golden = new("huber_loss_delta1");
        var huber = new TemporalDifference(LossKind.Huber, 1);
        float[] errors = golden.Flat("x");
        golden.Check("loss", errors.Select(huber.Loss));

        // The error is target - Q: its derivative at Q has the opposite sign of the loss's at the error.
        golden.Check("gradient", errors.Select(error => -huber.Derivative(error)));
    }

    [Fact]
    public void Categorical_q_learning()
    {
        Case golden = new("categorical_q_learning");
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
        Case golden = new("categorical_cross_entropy");
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
        Case golden = new(name);
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

    private sealed class Case(string name)
    {
        private readonly JsonElement _case = Cases[name];

        public float[] Flat(string input) => [.. Numbers(_case.GetProperty("inputs").GetProperty(input))];

        /// <summary>The rows of a matrix, or a vector as its only row.</summary>
        public float[][] Rows(string input)
        {
            JsonElement value = _case.GetProperty("inputs").GetProperty(input);
            return value[0].ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(row => Numbers(row).ToArray())] : [[.. Numbers(value)]];
        }

        /// <summary>The outputs of the actions taken.</summary>
        public float[] Chosen(string input, int width)
        {
            float[][] rows = Rows(input);
            return [.. rows.SelectMany((row, i) => row.Skip((int)Flat("a_tm1")[i] * width).Take(width))];
        }

        public void CheckErrors(ObjectiveCase result)
        {
            Check("td_error", result.Gradients.Select(gradient => gradient / -2));
            Check("td_error", result.Priorities);
        }

        public void Check(string output, IEnumerable<float> actual)
        {
            float[] expected = [.. Numbers(_case.GetProperty("expected").GetProperty(output))];
            float tolerance = _case.GetProperty("rtol").GetSingle();
            float[] got = [.. actual];
            Assert.Equal(expected.Length, got.Length);
            Assert.All(expected.Zip(got), pair => Assert.Equal(pair.First, pair.Second, tolerance * (1 + Math.Abs(pair.First))));
        }

        private static IEnumerable<float> Numbers(JsonElement value) =>
            value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Numbers) : [value.GetSingle()];
    }
}
