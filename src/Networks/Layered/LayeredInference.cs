using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// An inference-only Q-network with convolutions, layer normalization or dueling streams. Actors use it for the policies of a learner
/// with another backend. Not thread-safe. Allocates nothing after the first call.
/// </summary>
internal sealed unsafe class LayeredInference : ISharedInference
{
    /// <summary>Number of observations that pass through all layers together; small, because images are large.</summary>
    private const int BlockRows = 8;

    private readonly AlignedFloats _input;
    private readonly int _inputStride;
    private readonly ConvolutionPass[] _convolutions;
    private readonly (DensePass Pass, int Layer)[] _trunk;
    private readonly (DensePass Pass, int Layer)[] _value;
    private readonly (DensePass Pass, int Layer)[] _advantage;
    private LayeredParameters? _own;
    private LayeredParameters? _parameters;

    public LayeredInference(NetworkSpec spec)
        : this(spec, KernelSet.Best)
    {
    }

    internal LayeredInference(NetworkSpec spec, KernelSet kernels)
    {
        Shapes.RequireInputs(spec);
        Spec = spec;
        _inputStride = AlignedFloats.Stride(spec.InputWidth);
        _input = new AlignedFloats(checked(BlockRows * _inputStride));
        _convolutions = [.. spec.Convolutions.Select(layer => new ConvolutionPass(layer, kernels, BlockRows))];
        _trunk = Passes(LayerRole.Trunk);
        _value = Passes(LayerRole.Value);
        _advantage = Passes(LayerRole.Advantage);

        (DensePass, int)[] Passes(LayerRole role)
        {
            int[] layers = [.. Enumerable.Range(0, spec.Layers.Length).Where(i => spec.Layers[i].Role == role)];
            bool endsHere = role != LayerRole.Trunk || !spec.Architecture.Dueling;
            return [.. layers.Select(i => (new DensePass(spec.Layers[i], isHidden: !endsHere || i != layers[^1], kernels, BlockRows), i))];
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
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        Parameters.Export(parameters);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _own ??= new LayeredParameters(Spec);
        _own.Import(parameters);
        _parameters = _own;
    }

    IInferenceParameters ISharedInference.CreateParameters() => new LayeredParameters(Spec);

    void ISharedInference.Use(IInferenceParameters parameters) => _parameters = (LayeredParameters)parameters;

    /// <summary>Does nothing: all memory is managed by the garbage collector.</summary>
    public void Dispose()
    {
    }

    /// <summary>Own parameters are created on demand: actors use the shared parameters of their process.</summary>
    private LayeredParameters Parameters => _parameters ??= _own ??= new LayeredParameters(Spec);

    private void Block(ReadOnlySpan<byte> observations, int rows, Span<float> qValues)
    {
        ConvertInput(observations, rows);
        LayeredParameters parameters = Parameters;
        var at = new Matrix(_input.Pointer, _inputStride);
        for (int i = 0; i < _convolutions.Length; i++)
        {
            at = _convolutions[i].Run(parameters.Convolutions[i], at, rows);
        }

        int actions = Spec.ActionCount;
        at = Run(_trunk, parameters, at, rows);
        if (!Spec.Architecture.Dueling)
        {
            for (int row = 0; row < rows; row++)
            {
                at.Row(row, actions).CopyTo(qValues[(row * actions)..]);
            }
        }
        else
        {
            Matrix value = Run(_value, parameters, at, rows);
            Matrix advantage = Run(_advantage, parameters, at, rows);
            for (int row = 0; row < rows; row++)
            {
                Combine(*value.Row(row), advantage.Row(row, actions), qValues.Slice(row * actions, actions));
            }
        }

        // The passes use raw pointers into memory that this object keeps alive.
        GC.KeepAlive(this);
    }

    private static Matrix Run((DensePass Pass, int Layer)[] passes, LayeredParameters parameters, Matrix input, int rows)
    {
        foreach ((DensePass pass, int layer) in passes)
        {
            input = pass.Run(parameters.Layers[layer], input, rows);
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
