using Krewe.Contracts.Networks;
using Krewe.Learner.Kernels;

namespace Krewe.Learner.Networks;

/// <summary>
/// A Q-network that is only evaluated: what an actor holds. It starts with all parameters zero. Not thread-safe: one caller at a
/// time. Gives the same bits as <see cref="MlpQNetwork.Forward"/>, whatever the number of observations at a time, and allocates
/// nothing after construction.
/// </summary>
public sealed unsafe class MlpInference : IQNetwork
{
    /// <summary>Observations that go through all layers together, so that their activations never leave the first-level cache.</summary>
    private const int BlockRows = 32;

    private readonly MlpLayout _layout;
    private readonly AlignedFloats _parameters;
    private readonly MlpForward _forward;
    private readonly AlignedFloats _qValues;

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
        _parameters = new AlignedFloats(_layout.Length);
        _forward = new MlpForward(_layout, kernels, BlockRows);
        _qValues = new AlignedFloats(checked(BlockRows * spec.ActionCount));
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
            _forward.AllQValues(_parameters.Pointer, from, count, to);
        }

        // Kernels hold bare pointers into memory that this object owns: it must not be collected while they run.
        GC.KeepAlive(this);
    }

    /// <summary>Computes greedy actions: argmax over the Q-values, the lowest action on a tie, as <c>numpy.argmax</c>.</summary>
    /// <param name="observations">Observations one after another, [count * <see cref="NetworkSpec.ObservationBytes"/>] bytes.</param>
    /// <param name="count">Number of observations.</param>
    /// <param name="actions">Receives the actions, [count].</param>
    /// <exception cref="ArgumentException">A span is too short, or a discrete observation is out of range.</exception>
    public void Greedy(ReadOnlySpan<byte> observations, int count, Span<int> actions)
    {
        Shapes.RequireForward(Spec, observations, count, actions.Length, 1);
        int each = Spec.ActionCount;
        fixed (byte* from = observations)
        {
            for (int row = 0; row < count; row += BlockRows)
            {
                int rows = Math.Min(BlockRows, count - row);
                _forward.AllQValues(_parameters.Pointer, from + ((nint)row * Spec.ObservationBytes), rows, _qValues.Pointer);
                for (int i = 0; i < rows; i++)
                {
                    float* q = _qValues.Pointer + ((nint)i * each);
                    int best = 0;
                    for (int action = 1; action < each; action++)
                    {
                        // numpy.argmax gives the first NaN if there is one.
                        best = q[action] > q[best] || (float.IsNaN(q[action]) && !float.IsNaN(q[best])) ? action : best;
                    }

                    actions[row + i] = best;
                }
            }
        }

        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _layout.Export(_parameters, parameters);
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _layout.Import(parameters, _parameters);
        GC.KeepAlive(this);
    }

    /// <summary>Does nothing: all memory is the garbage collector's.</summary>
    public void Dispose()
    {
    }
}
