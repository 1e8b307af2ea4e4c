using Krewe.Contracts;
using Krewe.Networks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Krewe.Torch;

/// <summary>The forward pass of a network with libtorch. Its tensors belong to the caller's dispose scope.</summary>
internal sealed class TorchForward : IDisposable
{
    private static readonly long[] Actions = [1];

    private readonly NetworkSpec _spec;
    private readonly Scalar _pixelMaximum = byte.MaxValue;

    // libtorch takes shapes as arrays, which are allocated once instead of in every pass.
    private readonly long[][] _normShapes;
    private readonly long[][] _strides;
    private readonly long[] _imageShape;
    private readonly LayerSpec[] _trunk;
    private readonly LayerSpec[] _value;
    private readonly LayerSpec[] _advantage;

    public TorchForward(NetworkSpec spec)
    {
        _spec = spec;
        _normShapes =
        [
            .. spec.Convolutions.Select(layer => new long[] { layer.Output.Channels, layer.Output.Height, layer.Output.Width }),
            .. spec.Layers.Select(layer => new long[] { layer.Outputs }),
        ];
        _strides = [.. spec.Convolutions.Select(layer => new long[] { layer.Shape.Stride, layer.Shape.Stride })];
        _imageShape = spec.Image is { } image ? [-1, image.Channels, image.Height, image.Width] : [];
        _trunk = Of(LayerRole.Trunk);
        _value = Of(LayerRole.Value);
        _advantage = Of(LayerRole.Advantage);

        LayerSpec[] Of(LayerRole role) => [.. spec.Layers.Where(layer => layer.Role == role)];
    }

    /// <summary>Computes Q-values, [rows, actions].</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="observations">Observations as <see cref="ObservationStage"/> stages them: [rows, length], or [rows] if they are indices.</param>
    public Tensor Run(TorchParameters parameters, Tensor observations)
    {
        var walk = new Walk(parameters.Views);
        Tensor x = _spec.ElementType == ElementType.UInt8 ? observations.to(ScalarType.Float32).div_(_pixelMaximum) : observations;
        int norm = 0;
        if (_imageShape.Length > 0)
        {
            x = x.view(_imageShape);
            foreach (ConvolutionSpec layer in _spec.Convolutions)
            {
                x = functional.conv2d(x, walk.Next(), walk.Next(), strides: _strides[layer.Index]);
                x = Activate(x, layer.HasNorm, _normShapes[norm++], ref walk);
            }

            x = x.flatten(1);
        }

        x = Dense(_trunk, x, hidden: _spec.Architecture.Dueling, ref walk, ref norm);
        if (!_spec.Architecture.Dueling)
        {
            return x;
        }

        Tensor value = Dense(_value, x, hidden: false, ref walk, ref norm);           // [rows, 1]
        Tensor advantage = Dense(_advantage, x, hidden: false, ref walk, ref norm);   // [rows, actions]
        return (advantage - advantage.mean(Actions, keepdim: true)).add_(value, Scalars.One);
    }

    public void Dispose() => _pixelMaximum.Dispose();

    /// <summary>Runs fully connected layers in sequence.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="x">Their input.</param>
    /// <param name="hidden">Whether the last layer is hidden too and is followed by a ReLU.</param>
    /// <param name="walk">Yields their tensors.</param>
    /// <param name="norm">Index of the next layer's normalization shape.</param>
    private Tensor Dense(LayerSpec[] layers, Tensor x, bool hidden, ref Walk walk, ref int norm)
    {
        for (int i = 0; i < layers.Length; i++)
        {
            Tensor weight = walk.Next();
            Tensor bias = walk.Next();

            // A one-hot observation selects a column of the weight.
            x = x.dtype == ScalarType.Int64 ? weight.index_select(1, x).t().add(bias, Scalars.One) : functional.linear(x, weight, bias);
            long[] shape = _normShapes[norm++];
            if (hidden || i < layers.Length - 1)
            {
                x = Activate(x, layers[i].HasNorm, shape, ref walk);
            }
        }

        return x;
    }

    private static Tensor Activate(Tensor x, bool hasNorm, long[] shape, ref Walk walk) =>
        (hasNorm ? functional.layer_norm(x, shape, walk.Next(), walk.Next()) : x).relu_();

    /// <summary>Yields the tensors of a network in flat order.</summary>
    private struct Walk(Tensor[] views)
    {
        private int _next;

        public Tensor Next() => views[_next++];
    }
}
