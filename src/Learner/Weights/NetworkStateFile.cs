using System.Collections.Immutable;
using System.Globalization;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// A network's state as a safetensors file: for each layer i the tensors <c>online.i.weight</c> [out, in] and <c>online.i.bias</c>
/// [out], those of convolutions and streams under the names of <see cref="NetworkSpec.Tensors"/>, the same under <c>target.</c>,
/// <c>adam.exp_avg.</c> and <c>adam.exp_avg_sq.</c>; Adam's step count and the network's shape are metadata. PyTorch loads
/// <c>online.</c> into a Sequential of Linear and ReLU layers after renaming.
/// </summary>
public static class NetworkStateFile
{
    private const string Format = "krewe-network-1";
    private const string ImageKey = "network.image";
    private const string ConvolutionsKey = "network.convolutions";
    private const string LayerNormKey = "network.layer_norm";
    private const string DuelingKey = "network.dueling";

    /// <summary>Puts a state into a file's content; the numbers are copied.</summary>
    /// <param name="state">The state.</param>
    public static SafetensorsFile FromState(QNetworkState state)
    {
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach ((string prefix, float[] values) in Parts(state))
        {
            foreach (TensorSpec tensor in state.Spec.Tensors)
            {
                tensors.Add($"{prefix}.{tensor.Name}", StoredTensor.FromFloats(values.AsSpan(tensor.Offset, tensor.Length), [.. tensor.Shape]));
            }
        }

        NetworkSpec spec = state.Spec;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = Format,
            ["adam.step"] = Text(state.OptimizerSteps),
            ["network.element_type"] = spec.ElementType.ToString(),
            ["network.observation_length"] = Text(spec.ObservationLength),
            ["network.input_width"] = Text(spec.InputWidth),
            ["network.hidden"] = string.Join(',', spec.Hidden.Select(width => Text(width))),
            ["network.action_count"] = Text(spec.ActionCount),
        };

        // What a plain network has not is not mentioned: its files are those of before.
        if (spec.Image is { } image)
        {
            metadata[ImageKey] = image.ToString();
            metadata[ConvolutionsKey] = string.Join(',', spec.Architecture.Convolutions);
        }

        if (spec.Architecture.LayerNorm)
        {
            metadata[LayerNormKey] = "true";
        }

        if (spec.Architecture.Dueling)
        {
            metadata[DuelingKey] = "true";
        }

        return new SafetensorsFile(tensors, metadata);
    }

    /// <summary>Takes a state out of a file's content.</summary>
    /// <param name="file">The content.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="InvalidDataFormatException">
    /// Metadata or a tensor is missing, or a tensor has another type or shape than the network's or holds a number that is not finite;
    /// the message names it.
    /// </exception>
    public static QNetworkState ToState(SafetensorsFile file, string name)
    {
        var state = new QNetworkState(ReadSpec(file, name)) { OptimizerSteps = Number(file, "adam.step", 0, long.MaxValue, name) };
        foreach ((string prefix, float[] values) in Parts(state))
        {
            foreach (TensorSpec tensor in state.Spec.Tensors)
            {
                Read(file, $"{prefix}.{tensor.Name}", tensor.Shape, values.AsSpan(tensor.Offset, tensor.Length), name);
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
        if (!file.Tensors.TryGetValue(tensorName, out StoredTensor? tensor))
        {
            throw Fault(name, $"tensor '{tensorName}' is missing");
        }

        if (tensor.Type != TensorType.F32 || !tensor.Shape.AsSpan().SequenceEqual(shape.AsSpan()))
        {
            throw Fault(name, $"tensor '{tensorName}' is {tensor.Type} [{string.Join(", ", tensor.Shape)}], expected F32 [{string.Join(", ", shape)}]");
        }

        tensor.CopyTo(values);
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw Fault(name, string.Create(CultureInfo.InvariantCulture, $"tensor '{tensorName}' holds {values[i]} at index {i}, expected finite numbers"));
            }
        }
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
        long stored = file.Tensors.Values.Sum(tensor => (long)tensor.Data.Length) / 4;
        NetworkArchitecture architecture = new(widths)
        {
            Convolutions = Convolutions(file, name),
            LayerNorm = Flag(file, LayerNormKey, name),
            Dueling = Flag(file, DuelingKey, name),
        };
        NetworkSpec spec;
        try
        {
            spec = new NetworkSpec(elementType, observationLength, inputWidth, architecture, actionCount, Image(file, name));
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw Fault(name, $"its metadata do not describe a network: {e.Message}");
        }

        return (Int128)spec.ParameterCount * 4 <= stored
            ? spec
            : throw Fault(name, $"its metadata describe a network of {spec.ParameterCount} parameters, 4 values each, but it holds {stored} values");
    }

    private static ImmutableArray<ConvolutionShape> Convolutions(SafetensorsFile file, string name)
    {
        if (!file.Metadata.TryGetValue(ConvolutionsKey, out string? text))
        {
            return [];
        }

        return ConvolutionShape.TryParse(text, out ImmutableArray<ConvolutionShape> shapes)
            ? shapes
            : throw Fault(name, $"metadata '{ConvolutionsKey}' is '{text}', expected for example 32x8/4,64x4/2");
    }

    private static ImageShape? Image(SafetensorsFile file, string name)
    {
        if (!file.Metadata.TryGetValue(ImageKey, out string? text))
        {
            return null;
        }

        string[] parts = text.Split('x');
        return parts.Length == 3
            ? new ImageShape(Side(parts[0]), Side(parts[1]), Side(parts[2]))
            : throw Fault(name, $"metadata '{ImageKey}' is '{text}', expected channels x height x width, for example 4x84x84");

        int Side(string part) => (int)Number(part, ImageKey, 1, short.MaxValue, name);
    }

    private static bool Flag(SafetensorsFile file, string key, string name) =>
        file.Metadata.TryGetValue(key, out string? text)
        && (text == "true" ? true : throw Fault(name, $"metadata '{key}' is '{text}', expected true"));

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
