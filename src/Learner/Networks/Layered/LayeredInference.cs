using System.Runtime.InteropServices;
using Krewe.Contracts.Networks;
using Krewe.Contracts.Spaces;
using Krewe.Learner.Kernels;

namespace Krewe.Learner.Networks.Layered;

/// <summary>
/// A Q-network with convolutions, layer normalization or dueling streams that is only evaluated: actors run the policies of a learner
/// on another backend with it. Not thread-safe: one caller at a time. Nothing is allocated after construction.
/// </summary>
internal sealed unsafe class LayeredInference : IQNetwork
{
    /// <summary>Observations that go through all layers together: few, since images are large.</summary>
    private const int BlockRows = 8;

    private readonly float[] _parameters;
    private readonly AlignedFloats _input;
    private readonly int _inputStride;
    private readonly ConvolutionPass[] _convolutions;
    private readonly DensePass[] _trunk;
    private readonly DensePass[] _value;
    private readonly DensePass[] _advantage;
    private readonly DensePass[] _dense;

    public LayeredInference(NetworkSpec spec)
        : this(spec, KernelSet.Best)
    {
    }

    internal LayeredInference(NetworkSpec spec, KernelSet kernels)
    {
        Shapes.RequireInputs(spec);
        Spec = spec;
        _parameters = new float[spec.ParameterCount];
        _inputStride = AlignedFloats.Stride(spec.InputWidth);
        _input = new AlignedFloats(checked(BlockRows * _inputStride));
        _convolutions = [.. spec.Convolutions.Select(layer => new ConvolutionPass(layer, kernels, BlockRows))];
        _trunk = Passes(LayerRole.Trunk);
        _value = Passes(LayerRole.Value);
        _advantage = Passes(LayerRole.Advantage);
        _dense = [.. _trunk, .. _value, .. _advantage];

        DensePass[] Passes(LayerRole role)
        {
            LayerSpec[] layers = [.. spec.Layers.Where(layer => layer.Role == role)];
            bool endsHere = role != LayerRole.Trunk || !spec.Architecture.Dueling;
            return [.. layers.Select((layer, i) => new DensePass(layer, isHidden: !endsHere || i < layers.Length - 1, kernels, BlockRows))];
        }
    }

    /// <inheritdoc/>
    public NetworkSpec Spec { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A span is too short, or a discrete observation is out of range.</exception>
    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues)
    {
        Shapes.RequireForward(Spec, observations, count, qValues.Length, Spec.ActionCount);
        for (int row = 0; row < count; row += BlockRows)
        {
            int rows = Math.Min(BlockRows, count - row);
            Block(observations.Slice(row * Spec.ObservationBytes, rows * Spec.ObservationBytes), rows, qValues[(row * Spec.ActionCount)..]);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _parameters.CopyTo(parameters);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        parameters.CopyTo(_parameters);
        foreach (ConvolutionPass pass in _convolutions)
        {
            pass.Import(parameters);
        }

        foreach (DensePass pass in _dense)
        {
            pass.Import(parameters);
        }
    }

    /// <summary>Does nothing: all memory is the garbage collector's.</summary>
    public void Dispose()
    {
    }

    private void Block(ReadOnlySpan<byte> observations, int rows, Span<float> qValues)
    {
        ConvertInput(observations, rows);
        var at = new Matrix(_input.Pointer, _inputStride);
        foreach (ConvolutionPass pass in _convolutions)
        {
            at = pass.Run(at, rows);
        }

        int actions = Spec.ActionCount;
        at = Run(_trunk, at, rows);
        if (!Spec.Architecture.Dueling)
        {
            for (int row = 0; row < rows; row++)
            {
                at.Row(row, actions).CopyTo(qValues[(row * actions)..]);
            }
        }
        else
        {
            Matrix value = Run(_value, at, rows);
            Matrix advantage = Run(_advantage, at, rows);
            for (int row = 0; row < rows; row++)
            {
                Combine(*value.Row(row), advantage.Row(row, actions), qValues.Slice(row * actions, actions));
            }
        }

        // The passes hold bare pointers into memory that this object owns: it must not be collected while they run.
        GC.KeepAlive(this);
    }

    private static Matrix Run(DensePass[] passes, Matrix input, int rows)
    {
        foreach (DensePass pass in passes)
        {
            input = pass.Run(input, rows);
        }

        return input;
    }

    /// <summary>Q = V + A - mean A (Wang et al. 2016, equation 9).</summary>
    private static void Combine(float value, ReadOnlySpan<float> advantages, Span<float> qValues)
    {
        float sum = 0;
        foreach (float advantage in advantages)
        {
            sum += advantage;
        }

        float mean = sum / advantages.Length;
        for (int action = 0; action < advantages.Length; action++)
        {
            qValues[action] = value + advantages[action] - mean;
        }
    }

    private void ConvertInput(ReadOnlySpan<byte> observations, int rows)
    {
        int each = Spec.ObservationBytes;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> from = observations.Slice(row * each, each);
            var to = new Span<float>(_input.Pointer + ((nint)row * _inputStride), Spec.InputWidth);
            switch (Spec.ElementType)
            {
                case ElementType.UInt8:
                    InputBytes.Convert(from, to);
                    break;
                case ElementType.Int32:
                    to.Clear();
                    to[MemoryMarshal.Read<int>(from)] = 1;
                    break;
                default:
                    MemoryMarshal.Cast<byte, float>(from).CopyTo(to);
                    break;
            }
        }
    }
}
