namespace Krewe.Networks;

/// <summary>
/// A Q-network that is only evaluated: what an actor holds. It starts with all parameters zero. Not thread-safe: one caller at a
/// time. Gives the same bits as <c>Forward</c>, whatever the number of observations at a time, and allocates
/// nothing after the first call.
/// </summary>
public sealed unsafe class MlpInference : ISharedInference
{
    /// <summary>Observations that go through all layers together, so that their activations never leave the first-level cache.</summary>
    private const int BlockRows = 32;

    private readonly MlpLayout _layout;
    private readonly MlpForward _forward;
    private MlpParameters? _own;
    private MlpParameters? _parameters;

    /// <summary>Creates the network.</summary>
    /// <param name="spec">The network.</param>
    /// <exception cref="ArgumentException">The network's inputs do not fit its observations.</exception>
    public MlpInference(NetworkSpec spec)
        : this(spec, KernelSet.Best)
    {
    }

    internal MlpInference(NetworkSpec spec, KernelSet kernels)
    {
        Shapes.RequireSupported(spec);
        Spec = spec;
        _layout = new MlpLayout(spec, kernels);
        _forward = new MlpForward(_layout, kernels, BlockRows);
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
            _forward.AllQValues(Parameters.Pointer, from, count, to);
        }

        // Kernels hold bare pointers into memory that this object owns or uses: it must not be collected while they run.
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
        _own ??= new MlpParameters(_layout);
        _own.Import(parameters);
        _parameters = _own;
    }

    /// <summary>Does nothing: all memory is managed by the garbage collector.</summary>
    public void Dispose()
    {
    }

    IInferenceParameters ISharedInference.CreateParameters() => new MlpParameters(_layout);

    void ISharedInference.Use(IInferenceParameters parameters) => _parameters = (MlpParameters)parameters;

    /// <summary>An actor never needs its own: it uses those that its process shares.</summary>
    private MlpParameters Parameters => _parameters ??= _own ??= new MlpParameters(_layout);
}
