using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// A fully connected Q-network with ReLU, its target network and its Adam optimizer, in managed SIMD code: the DQN update of Mnih et al.
/// 2015 ("Human-level control through deep reinforcement learning"). Not thread-safe. The same inputs on the same hardware give
/// bit-identical results. Allocates nothing after construction, unless a batch is larger than the configured batch size.
/// </summary>
public sealed unsafe class MlpQNetwork : ITrainableQNetwork
{
    private readonly MlpLayout _layout;
    private readonly KernelSet _kernels;
    private readonly AlignedFloats _online;
    private readonly AlignedFloats _target;
    private readonly AlignedFloats _gradient;
    private readonly Adam _adam;
    private readonly DqnGradient _dqn;
    private readonly bool _hasTarget;
    private readonly float _maxGradientNorm;
    private float[] _tdErrors;
    private TrainResult _result;
    private NonFiniteUpdateException? _rejected;
    private int _rows;

    /// <summary>
    /// Creates a network with PyTorch's initial parameters (<see cref="LinearInitialization"/>); the target network starts as a copy.
    /// </summary>
    /// <param name="spec">The network.</param>
    /// <param name="options">Loss, target kind, clipping and the constants of Adam; read once. A batch may have any size.</param>
    /// <param name="random">The random stream for the initial parameters.</param>
    /// <exception cref="ArgumentException">The network's inputs do not match its observations.</exception>
    public MlpQNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random)
        : this(spec, options, random, KernelSet.Best)
    {
    }

    internal MlpQNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random, KernelSet kernels)
    {
        Shapes.RequireSupported(spec);
        Spec = spec;
        _layout = new MlpLayout(spec, kernels);
        _kernels = kernels;
        _online = new AlignedFloats(_layout.Length);
        _target = new AlignedFloats(_layout.Length);
        _gradient = new AlignedFloats(_layout.Length);
        _adam = new Adam(options, kernels, _layout.Length);
        _hasTarget = options.Target != TargetKind.Off;
        _maxGradientNorm = (float)options.MaxGradientNorm;
        _tdErrors = new float[options.BatchSize];
        _dqn = new DqnGradient(_layout, kernels, new TemporalDifference(options.Loss, (float)options.HuberDelta));

        var parameters = new float[spec.ParameterCount];
        LinearInitialization.Fill(spec, random, parameters);
        WriteParameters(parameters);
        _online.Span.CopyTo(_target.Span);
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
            _dqn.Forward.AllQValues(_online.Pointer, from, count, to);
        }

        // Kernels hold raw pointers into memory that this object owns: it must not be collected while they run.
        GC.KeepAlive(this);
    }

    /// <summary>0: a step is complete when <see cref="Begin"/> returns.</summary>
    public int StepsAhead => 0;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch was made for other observations, or an action or a discrete observation is out of range.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="learningRate"/> is negative or not finite.</exception>
    public void Begin(SampledBatch batch, float learningRate)
    {
        if (_tdErrors.Length < batch.Count)
        {
            _tdErrors = new float[batch.Count];
        }

        (_result, _rejected) = Update(batch, learningRate, _tdErrors);
        _rows = batch.Count;
    }

    /// <inheritdoc/>
    public TrainResult End(Span<float> tdErrors)
    {
        if (_rejected is not null)
        {
            throw _rejected;
        }

        _tdErrors.AsSpan(0, _rows).CopyTo(tdErrors);
        return _result;
    }

    /// <summary>Performs one gradient step and returns its results; see <see cref="ITrainableQNetwork.Begin"/>.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="learningRate">The step size.</param>
    /// <param name="tdErrors">Receives target - Q(s, a) for each sample, [batch.Count].</param>
    /// <exception cref="NonFiniteUpdateException">The loss, a Q-value or the gradient is not finite; nothing was applied.</exception>
    /// <exception cref="ArgumentException">
    /// The batch was made for other observations, an action or a discrete observation is out of range, or <paramref name="tdErrors"/>
    /// is too short.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="learningRate"/> is negative or not finite.</exception>
    public TrainResult Train(SampledBatch batch, float learningRate, Span<float> tdErrors)
    {
        (TrainResult result, NonFiniteUpdateException? rejected) = Update(batch, learningRate, tdErrors);
        return rejected is null ? result : throw rejected;
    }

    /// <inheritdoc/>
    public void UpdateTarget(float tau)
    {
        Shapes.RequireShare(tau);
        if (tau == 1)
        {
            _online.Span.CopyTo(_target.Span);
        }
        else
        {
            _kernels.Mix(tau, _online.Pointer, _target.Pointer, _layout.Length);
        }

        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _layout.Export(_online, parameters);
        GC.KeepAlive(this);
    }

    /// <summary>Replaces the online network's parameters; the target network and the optimizer are unchanged.</summary>
    /// <param name="parameters">The new parameters, [<see cref="NetworkSpec.ParameterCount"/>].</param>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _layout.Import(parameters, _online);
        _dqn.Refresh(_online.Pointer);
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state is for another network.</exception>
    public void ReadState(QNetworkState state)
    {
        Shapes.RequireSame(Spec, state.Spec);
        _layout.Export(_online, state.Online);
        _layout.Export(_hasTarget ? _target : _online, state.Target);
        _layout.Export(_adam.FirstMoment, state.FirstMoment);
        _layout.Export(_adam.SecondMoment, state.SecondMoment);
        state.OptimizerSteps = _adam.Steps;
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state is for another network.</exception>
    public void WriteState(QNetworkState state)
    {
        Shapes.RequireSame(Spec, state.Spec);
        WriteParameters(state.Online);
        _layout.Import(state.Target, _target);
        _layout.Import(state.FirstMoment, _adam.FirstMoment);
        _layout.Import(state.SecondMoment, _adam.SecondMoment);
        _adam.Steps = state.OptimizerSteps;
        GC.KeepAlive(this);
    }

    /// <summary>Does nothing: all memory is garbage-collected.</summary>
    public void Dispose()
    {
    }

    private (TrainResult Result, NonFiniteUpdateException? Rejected) Update(SampledBatch batch, float learningRate, Span<float> tdErrors)
    {
        Shapes.RequireBatch(Spec, batch, tdErrors.Length);
        Shapes.RequireLearningRate(learningRate);
        (float loss, float meanQ) = _dqn.Run(batch, _online.Pointer, (_hasTarget ? _target : _online).Pointer, _gradient.Pointer, tdErrors);
        float norm = MathF.Sqrt(_kernels.Dot(_gradient.Pointer, _gradient.Pointer, _layout.Length));
        var result = new TrainResult(loss, meanQ, norm);
        if (!NonFinite.IsNone(result))
        {
            return (result, NonFinite.Create(_adam.Steps + 1, result, batch));
        }

        // As torch.nn.utils.clip_grad_norm_: adds 1e-6 to the norm and limits the coefficient to 1.
        float scale = _maxGradientNorm > 0 ? MathF.Min(1f, _maxGradientNorm / (norm + 1e-6f)) : 1f;
        _adam.Step(_online, _gradient, scale, learningRate);
        _dqn.Refresh(_online.Pointer);
        GC.KeepAlive(this);
        return (result, null);
    }
}
