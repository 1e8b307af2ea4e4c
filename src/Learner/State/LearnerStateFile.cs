using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// A learner's state as a safetensors file. That of a network: for each layer i the tensors <c>online.i.weight</c> [out, in] and <c>online.i.bias</c>
/// [out], those of convolutions and streams under the names of <see cref="NetworkSpec.Tensors"/>, the same under <c>target.</c>,
/// <c>average.</c> where the learner keeps an average, which is then the policy, <c>adam.exp_avg.</c> and <c>adam.exp_avg_sq.</c>; Adam's step count and the
/// network's shape are metadata. PyTorch loads <c>average.</c>, or else <c>online.</c>, into a Sequential of Linear and ReLU layers after renaming.
/// </summary>
public static class LearnerStateFile
{
    private const string FormatKey = "format";
    private const string NetworkFormat = "krewe-network-1";
    private const string TableFormat = "krewe-table-1";
    private const string ImageKey = "network.image";
    private const string ConvolutionsKey = "network.convolutions";
    private const string LayerNormKey = "network.layer_norm";
    private const string DuelingKey = "network.dueling";
    private const string HeadKey = "network.head";

    /// <summary>Puts a state into a file's content; the numbers are copied.</summary>
    /// <param name="state">The state.</param>
    public static SafetensorsFile FromState(LearnerState state)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [FormatKey] = state.Policy is TableSpec ? TableFormat : NetworkFormat };
        foreach ((string name, long value) in state.Numbers)
        {
            metadata.Add(name, Text(value));
        }

        switch (state.Policy)
        {
            case NetworkSpec network:
                Write(network, metadata);
                break;
            case TableSpec table:
                metadata["table.observation_count"] = Text(table.InputWidth);
                metadata["table.action_count"] = Text(table.ActionCount);
                break;
        }

        return new SafetensorsFile(state.ToTensors(), metadata);
    }

    /// <summary>
    /// Takes a state out of a file's content. The policy's parameters are checked here, the others when they are restored, since only their
    /// learner knows their shapes.
    /// </summary>
    /// <param name="file">The content.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="InvalidDataFormatException">
    /// Metadata or a tensor is missing, or a tensor has another type or shape than the policy's or holds a number that is not finite;
    /// the message names it.
    /// </exception>
    public static LearnerState ToState(SafetensorsFile file, string name)
    {
        PolicySpec policy = Get(file, FormatKey, name) switch
        {
            NetworkFormat => ReadNetwork(file, name),
            TableFormat => ReadTable(file, name),
            var format => throw Fault(name, $"its format is '{format}', expected '{NetworkFormat}' or '{TableFormat}'"),
        };
        foreach ((string tensorName, StoredTensor tensor) in file.Tensors)
        {
            RequireFinite(tensorName, tensor, name);
        }

        var state = new LearnerState(policy, file.Tensors, name);
        foreach ((string key, string text) in file.Metadata)
        {
            // Metadata that are no numbers are another program's.
            if (!IsReserved(key) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
            {
                state.SetNumber(key, value);
            }
        }

        _ = state.Parameters;
        return state;
    }

    internal static InvalidDataFormatException Fault(string name, string what) => new($"'{name}' is not a checkpoint of a learner: {what}");

    /// <summary>Whether a number of this name would be taken for a description of the policy.</summary>
    internal static bool IsReserved(string key) =>
        key == FormatKey || key.StartsWith("network.", StringComparison.Ordinal) || key.StartsWith("table.", StringComparison.Ordinal);

    private static void Write(NetworkSpec spec, Dictionary<string, string> metadata)
    {
        metadata["network.element_type"] = spec.ElementType.ToString();
        metadata["network.observation_length"] = Text(spec.ObservationLength);
        metadata["network.input_width"] = Text(spec.InputWidth);
        metadata["network.hidden"] = string.Join(',', spec.Hidden.Select(width => Text(width)));
        metadata["network.action_count"] = Text(spec.ActionCount);

        // What a plain network lacks is not mentioned.
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

        if (spec.Head != HeadSpec.Value)
        {
            metadata[HeadKey] = spec.Head.ToString();
        }
    }

    private static void RequireFinite(string tensorName, StoredTensor tensor, string name)
    {
        if (tensor.Type != TensorType.F32)
        {
            return;
        }

        ReadOnlySpan<byte> data = tensor.Data.Span;
        for (int i = 0; i < data.Length / sizeof(float); i++)
        {
            float value = BinaryPrimitives.ReadSingleLittleEndian(data[(sizeof(float) * i)..]);
            if (!float.IsFinite(value))
            {
                throw Fault(name, string.Create(CultureInfo.InvariantCulture, $"tensor '{tensorName}' holds {value} at index {i}, expected finite numbers"));
            }
        }
    }

    private static TableSpec ReadTable(SafetensorsFile file, string name)
    {
        int observations = (int)Number(file, "table.observation_count", 1, int.MaxValue, name);
        int actions = (int)Number(file, "table.action_count", 1, int.MaxValue, name);
        return (long)observations * actions <= Math.Min(Stored(file), Array.MaxLength)
            ? new TableSpec(observations, actions)
            : throw Fault(name, string.Create(
                CultureInfo.InvariantCulture, $"its metadata describe a table of {observations} x {actions} values, but it holds {Stored(file)}"));
    }

    private static NetworkSpec ReadNetwork(SafetensorsFile file, string name)
    {
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

        long stored = Stored(file);
        NetworkArchitecture architecture = new(widths)
        {
            Convolutions = Convolutions(file, name),
            LayerNorm = Flag(file, LayerNormKey, name),
            Dueling = Flag(file, DuelingKey, name),
            Head = Head(file, name),
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

        return (Int128)spec.ParameterCount <= stored
            ? spec
            : throw Fault(name, $"its metadata describe a network of {spec.ParameterCount} parameters, but it holds {stored} values");
    }

    /// <summary>Values in the file. Its own size bounds what is allocated: the parameters must fit into it before any memory is taken.</summary>
    private static long Stored(SafetensorsFile file) => file.Tensors.Values.Sum(tensor => (long)tensor.Data.Length) / 4;

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

    private static HeadSpec Head(SafetensorsFile file, string name) =>
        !file.Metadata.TryGetValue(HeadKey, out string? text) ? HeadSpec.Value
        : HeadSpec.TryParse(text, out HeadSpec? head) ? head
        : throw Fault(name, $"metadata '{HeadKey}' is '{text}', expected for example categorical 51 from -10 to 10");

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

}
