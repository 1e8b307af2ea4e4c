namespace Krewe.Networks;

/// <summary>
/// An inference-only, fully connected Q-network, as used by actors. All parameters are initially zero. Results are bitwise equal to
/// those of the managed backend and do not depend on the number of observations per call. Not thread-safe. Allocates nothing after
/// the first call.
/// </summary>
public sealed unsafe class MlpInference : ISharedInference
{
    /// <summary>Number of observations that pass through all layers together, so that their activations stay in the L1 cache.</summary>
    private const int BlockRows = 32;

    private readonly MlpLayout _layout;
    private readonly MlpForward _forward;
    private MlpParameters? _own;
    private MlpParameters? _parameters;

    /// <summary>Creates the network.</summary>
    /// <param name="spec">The network.</param>
    /// <exception cref="ArgumentException">The network's inputs do not match its observations, or it has layers of other kinds.</exception>
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

    /// <inheritdoc/>
    public NetworkSpec Spec { get; }

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

    /// <summary>Own parameters are created on demand: actors use the shared parameters of their process.</summary>
    private MlpParameters Parameters => _parameters ??= _own ??= new MlpParameters(_layout);
}
