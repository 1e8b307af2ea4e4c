namespace Krewe.Networks;

/// <summary>
/// A Q-network that is only evaluated: what actors and evaluations hold, whatever trained it. It starts with all parameters zero. Not
/// thread-safe: one caller at a time. Gives the same bits as the managed trainer's <c>Forward</c>, whatever the number of observations at
/// a time, and allocates nothing after the first call.
/// </summary>
public sealed unsafe class InferenceNetwork : ISharedInference
{
    private readonly KernelLayout _layout;
    private readonly NetworkForward _forward;
    private KernelParameters? _own;
    private KernelParameters? _parameters;

    /// <summary>Creates the network.</summary>
    /// <param name="spec">The network.</param>
    /// <exception cref="ArgumentException">The network's inputs do not fit its observations.</exception>
    public InferenceNetwork(NetworkSpec spec)
        : this(spec, KernelSet.Best)
    {
    }

    internal InferenceNetwork(NetworkSpec spec, KernelSet kernels)
    {
        Shapes.RequireInputs(spec);
        Spec = spec;
        _layout = new KernelLayout(spec, kernels);

        // Observations that go through all layers together: their activations stay in the first-level cache; images are large.
        _forward = new NetworkForward(_layout, kernels, capacity: spec.Convolutions.IsEmpty ? 32 : 8);
    }

    /// <summary>What the network computes.</summary>
    public NetworkSpec Spec { get; }

    PolicySpec IQFunction.Spec => Spec;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A span is too short, or a discrete observation is out of range.</exception>
    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues)
    {
        Shapes.RequireForward(Spec, observations, count, qValues.Length, Spec.ActionCount);
        fixed (byte* from = observations)
        fixed (float* to = qValues)
        {
            _forward.Values(Parameters.Pointer, from, count, to);
        }

        // The kernels use raw pointers into memory that this object keeps alive.
        GC.KeepAlive(this);
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
        _own ??= new KernelParameters(_layout);
        _own.Import(parameters);
        _parameters = _own;
    }

    /// <summary>Does nothing: all memory is managed by the garbage collector.</summary>
    public void Dispose()
    {
    }

    /// <summary>Computes with these parameters from now on. They must not be written while they are in use.</summary>
    void ISharedInference.Use(IInferenceParameters parameters) => _parameters = (KernelParameters)parameters;

    IInferenceParameters ISharedInference.CreateParameters() => new KernelParameters(_layout);

    /// <summary>An actor never needs its own: it uses those that its process shares.</summary>
    private KernelParameters Parameters => _parameters ??= _own ??= new KernelParameters(_layout);
}
