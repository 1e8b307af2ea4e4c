using System.Text.Json;

namespace Krewe.Tests;

/// <summary>A case of value_learning.json.</summary>
/// <param name="name">Its name.</param>
internal sealed class GoldenCase(string name)
{
    private static readonly Dictionary<string, JsonElement> Cases = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "data", "golden", "value_learning.json")))
        .RootElement.EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!);

    private readonly JsonElement _case = Cases[name];

    public double Number(string input) => _case.GetProperty("inputs").GetProperty(input).GetDouble();

    public double ExpectedAt(string output, int index) => _case.GetProperty("expected").GetProperty(output)[index].GetDouble();

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
        Check("td_error", result.Gradients.Zip(result.Priorities, (gradient, priority) => priority * -Math.Sign(gradient)));
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
