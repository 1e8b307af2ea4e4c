using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>Assigns the layers of a network their offsets in the flat parameter array.</summary>
internal sealed class NetworkLayout
{
    private readonly ImmutableArray<ConvolutionSpec>.Builder _convolutions = ImmutableArray.CreateBuilder<ConvolutionSpec>();
    private readonly ImmutableArray<LayerSpec>.Builder _layers = ImmutableArray.CreateBuilder<LayerSpec>();
    private readonly ImmutableArray<TensorSpec>.Builder _tensors = ImmutableArray.CreateBuilder<TensorSpec>();
    private readonly NetworkSpec _spec;
    private int _offset;

    public NetworkLayout(NetworkSpec spec)
    {
        _spec = spec;
        NetworkArchitecture architecture = spec.Architecture;
        int inputs = architecture.Convolutions.IsEmpty ? spec.InputWidth : AddConvolutions();
        ImmutableArray<int> hidden = architecture.Hidden;
        int shared = architecture.Dueling ? Math.Max(0, hidden.Length - 1) : hidden.Length;
        foreach (int outputs in hidden.AsSpan()[..shared])
        {
            inputs = Add(LayerRole.Trunk, inputs, outputs, architecture.LayerNorm);
        }

        if (!architecture.Dueling)
        {
            Add(LayerRole.Trunk, inputs, spec.ActionCount, hasNorm: false);
        }
        else
        {
            AddStream(LayerRole.Value, inputs, hidden[shared..], 1);
            AddStream(LayerRole.Advantage, inputs, hidden[shared..], spec.ActionCount);
        }

        Convolutions = _convolutions.ToImmutable();
        Layers = _layers.ToImmutable();
        Tensors = _tensors.ToImmutable();
    }

    public ImmutableArray<ConvolutionSpec> Convolutions { get; }

    public ImmutableArray<LayerSpec> Layers { get; }

    public ImmutableArray<TensorSpec> Tensors { get; }

    private void AddStream(LayerRole role, int inputs, ImmutableArray<int> hidden, int outputs)
    {
        foreach (int width in hidden)
        {
            inputs = Add(role, inputs, width, _spec.Architecture.LayerNorm);
        }

        Add(role, inputs, outputs, hasNorm: false);
    }

    private int AddConvolutions()
    {
        ImageShape image = _spec.Image
            ?? throw new ArgumentException($"network {string.Join('-', _spec.Architecture.Convolutions)}: convolutions need the shape of the image");
        if (_spec.ElementType == ElementType.Int32 || image.Length != _spec.ObservationLength)
        {
            throw new ArgumentException($"an image of {image} has {image.Length} elements, an observation has {_spec.ObservationLength} {_spec.ElementType} elements");
        }

        foreach (ConvolutionShape shape in _spec.Architecture.Convolutions)
        {
            if (shape.Filters < 1 || shape.Kernel < 1 || shape.Stride < 1 || shape.Kernel > image.Height || shape.Kernel > image.Width)
            {
                throw new ArgumentException($"convolution {shape} does not fit into an image of {image}");
            }

            var layer = new ConvolutionSpec(_convolutions.Count, shape, image, _offset) { HasNorm = _spec.Architecture.LayerNorm };
            RequireRoom(((layer.Fan + 1L) * shape.Filters) + (layer.HasNorm ? 2L * layer.Output.Length : 0));
            _convolutions.Add(layer);
            AddTensors(
                layer.Name,
                [shape.Filters, image.Channels, shape.Kernel, shape.Kernel],
                layer.HasNorm ? [layer.Output.Channels, layer.Output.Height, layer.Output.Width] : [],
                layer.Fan);
            image = layer.Output;
        }

        return image.Length;
    }

    private int Add(LayerRole role, int inputs, int outputs, bool hasNorm)
    {
        RequireRoom(((inputs + 1L) * outputs) + (hasNorm ? 2L * outputs : 0));
        int index = _layers.Count(layer => layer.Role == role);
        var layer = new LayerSpec(index, inputs, outputs, _offset) { Role = role, HasNorm = hasNorm };
        _layers.Add(layer);
        AddTensors(layer.Name, [outputs, inputs], hasNorm ? [outputs] : [], inputs);
        return outputs;
    }

    private void AddTensors(string layer, ImmutableArray<long> weight, ImmutableArray<long> norm, int fan)
    {
        AddTensor($"{layer}.weight", weight, fan, 0);
        AddTensor($"{layer}.bias", [weight[0]], fan, 0);
        if (!norm.IsEmpty)
        {
            AddTensor($"{layer}.norm.weight", norm, 0, 1);
            AddTensor($"{layer}.norm.bias", norm, 0, 0);
        }
    }

    private void AddTensor(string name, ImmutableArray<long> shape, int fan, float initialValue)
    {
        var tensor = new TensorSpec(name, shape, _offset, fan, initialValue);
        _tensors.Add(tensor);
        _offset += tensor.Length;
    }

    private void RequireRoom(long parameters)
    {
        if (_offset + parameters > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(
                nameof(parameters), $"network {_spec} has more than the {Array.MaxLength} parameters that fit into one array");
        }
    }
}
