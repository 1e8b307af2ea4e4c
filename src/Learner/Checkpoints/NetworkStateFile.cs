using System.Collections.Immutable;
using System.Globalization;
using Krewe.Contracts;
using Krewe.Contracts.Networks;
using Krewe.Contracts.Spaces;

namespace Krewe.Learner.Checkpoints;

/// <summary>
/// A network's state as a safetensors file: for each layer i the tensors <c>online.i.weight</c> [out, in] and <c>online.i.bias</c>
/// [out], the same under <c>target.</c>, <c>adam.exp_avg.</c> and <c>adam.exp_avg_sq.</c>; Adam's step count and the network's
/// shape are metadata. PyTorch loads <c>online.</c> into a Sequential of Linear and ReLU layers after renaming.
/// </summary>
public static class NetworkStateFile
{
    private const string Format = "krewe-network-1";

    /// <summary>Puts a state into a file's content; the numbers are copied.</summary>
    /// <param name="state">The state.</param>
    public static SafetensorsFile FromState(QNetworkState state)
    {
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach ((string prefix, float[] values) in Parts(state))
        {
            foreach (LayerSpec layer in state.Spec.Layers)
            {
                tensors.Add(
                    $"{prefix}.{layer.Index}.weight",
                    Tensor.FromFloats(values.AsSpan(layer.WeightOffset, layer.Inputs * layer.Outputs), layer.Outputs, layer.Inputs));
                tensors.Add($"{prefix}.{layer.Index}.bias", Tensor.FromFloats(values.AsSpan(layer.BiasOffset, layer.Outputs), layer.Outputs));
            }
        }

        NetworkSpec spec = state.Spec;
        return new SafetensorsFile(tensors, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = Format,
            ["adam.step"] = Text(state.OptimizerSteps),
            ["network.element_type"] = spec.ElementType.ToString(),
            ["network.observation_length"] = Text(spec.ObservationLength),
            ["network.input_width"] = Text(spec.InputWidth),
            ["network.hidden"] = string.Join(',', spec.Hidden.Select(width => Text(width))),
            ["network.action_count"] = Text(spec.ActionCount),
        });
    }

    /// <summary>Takes a state out of a file's content.</summary>
    /// <param name="file">The content.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="InvalidDataFormatException">
    /// Metadata or a tensor is missing, or a tensor has another type or shape than the network's; the message names it.
    /// </exception>
    public static QNetworkState ToState(SafetensorsFile file, string name)
    {
        var state = new QNetworkState(ReadSpec(file, name)) { OptimizerSteps = Number(file, "adam.step", 0, long.MaxValue, name) };
        foreach ((string prefix, float[] values) in Parts(state))
        {
            foreach (LayerSpec layer in state.Spec.Layers)
            {
                Read(file, $"{prefix}.{layer.Index}.weight", [layer.Outputs, layer.Inputs], values.AsSpan(layer.WeightOffset, layer.Inputs * layer.Outputs), name);
                Read(file, $"{prefix}.{layer.Index}.bias", [layer.Outputs], values.AsSpan(layer.BiasOffset, layer.Outputs), name);
            }
        }

        return state;
    }

    private static IEnumerable<(string Prefix, float[] Values)> Parts(QNetworkState state) =>
    [
        ("online", state.Online),
        ("target", state.Target),
        ("adam.exp_avg", state.FirstMoment),
        ("adam.exp_avg_sq", state.SecondMoment),
    ];

    private static void Read(SafetensorsFile file, string tensorName, ImmutableArray<long> shape, Span<float> values, string name)
    {
        if (!file.Tensors.TryGetValue(tensorName, out Tensor? tensor))
        {
            throw Fault(name, $"tensor '{tensorName}' is missing");
        }

        if (tensor.Type != TensorType.F32 || !tensor.Shape.AsSpan().SequenceEqual(shape.AsSpan()))
        {
            throw Fault(name, $"tensor '{tensorName}' is {tensor.Type} [{string.Join(", ", tensor.Shape)}], expected F32 [{string.Join(", ", shape)}]");
        }

        tensor.CopyTo(values);
    }

    private static NetworkSpec ReadSpec(SafetensorsFile file, string name)
    {
        string format = Get(file, "format", name);
        if (format != Format)
        {
            throw Fault(name, $"its format is '{format}', expected '{Format}'");
        }

        string type = Get(file, "network.element_type", name);
        ElementType elementType = type switch
        {
            nameof(ElementType.Float32) => ElementType.Float32,
            nameof(ElementType.UInt8) => ElementType.UInt8,
            nameof(ElementType.Int32) => ElementType.Int32,
            _ => throw Fault(name, $"metadata 'network.element_type' is '{type}', expected Float32, UInt8 or Int32"),
        };

        string hidden = Get(file, "network.hidden", name);
        ImmutableArray<int> widths = hidden.Length == 0
            ? []
            : [.. hidden.Split(',').Select(text => (int)Number(text, "network.hidden", 1, int.MaxValue, name))];
        int observationLength = (int)Number(file, "network.observation_length", 1, int.MaxValue, name);
        int inputWidth = (int)Number(file, "network.input_width", 1, int.MaxValue, name);
        int actionCount = (int)Number(file, "network.action_count", 1, int.MaxValue, name);

        // The file's own size bounds what is allocated: the network's parameters must fit into it before any memory is taken.
        Int128 parameters = 0;
        long inputs = inputWidth;
        foreach (int outputs in widths.Append(actionCount))
        {
            parameters += (inputs + 1) * (Int128)outputs;
            inputs = outputs;
        }

        long stored = file.Tensors.Values.Sum(tensor => (long)tensor.Data.Length) / 4;
        return parameters * 4 <= stored
            ? new NetworkSpec(elementType, observationLength, inputWidth, widths, actionCount)
            : throw Fault(name, $"its metadata describe a network of {parameters} parameters, 4 values each, but it holds {stored} values");
    }

    private static string Get(SafetensorsFile file, string key, string name) =>
        file.Metadata.TryGetValue(key, out string? value) ? value : throw Fault(name, $"metadata '{key}' is missing");

    private static long Number(SafetensorsFile file, string key, long min, long max, string name) =>
        Number(Get(file, key, name), key, min, max, name);

    private static long Number(string text, string key, long min, long max, string name) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= min && value <= max
            ? value
            : throw Fault(name, $"metadata '{key}' is '{text}', expected a whole number from {min} to {max}");

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static InvalidDataFormatException Fault(string name, string what) => new($"'{name}' is not a network checkpoint: {what}");
}
