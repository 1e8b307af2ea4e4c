using Krewe.Contracts;
using Krewe.Contracts.Networks;
using Krewe.Contracts.Options;
using Krewe.Contracts.Random;
using Krewe.Contracts.Replay;
using Krewe.Learner.Kernels;
using Krewe.Learner.Losses;
using Krewe.Learner.Optimizers;

namespace Krewe.Learner.Networks;

/// <summary>
/// A fully connected Q-network with ReLU, its target network and its Adam optimizer, in managed SIMD code: the DQN update of Mnih
/// et al. 2015 ("Human-level control through deep reinforcement learning"). Not thread-safe: one caller at a time. Same inputs on
/// the same hardware give the same bits. After construction nothing is allocated, unless a batch is larger than any before.
/// </summary>
public sealed unsafe class MlpQNetwork : ITrainableQNetwork
{
    private readonly MlpLayout _layout;
    private readonly KernelSet _kernels;
    private readonly AlignedFloats _online;
    private readonly AlignedFloats _target;
    private readonly AlignedFloats _gradient;
    private readonly Adam _adam;
    private readonly TemporalDifference _loss;
    private readonly bool _hasTarget;
    private readonly float _maxGradientNorm;
    private MlpForward _forward;
    private MlpBackward _backward;
    private AlignedFloats _outputGradients;
    private AlignedFloats _targets;
    private AlignedFloats _values;

    /// <summary>Creates a network with PyTorch's initial parameters (<see cref="LinearInitialization"/>); the target starts equal.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="options">
    /// Loss, target kind, clipping and Adam's constants; <see cref="LearnerOptions.BatchSize"/> sizes the working memory. Read once.
    /// </param>
    /// <param name="random">Draws the initial parameters.</param>
    /// <exception cref="ArgumentException">The network's inputs do not fit its observations.</exception>
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
        _loss = new TemporalDifference(options.Loss, (float)options.HuberDelta);
        _hasTarget = options.Target != TargetKind.Off;
        _maxGradientNorm = (float)options.MaxGradientNorm;
        (_forward, _backward, _outputGradients, _targets, _values) = Workspace(options.BatchSize);

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
            for (int row = 0; row < count; row += _forward.Capacity)
            {
                byte* block = from + ((nint)row * Spec.ObservationBytes);
                int rows = Math.Min(_forward.Capacity, count - row);
                _forward.Run(_online.Pointer, block, rows);
                for (int action = 0; action < Spec.ActionCount; action++)
                {
                    _forward.QValues(
                        _online.Pointer, block, rows, null, action, to + ((nint)row * Spec.ActionCount) + action, Spec.ActionCount);
                }
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The batch was made for other observations, an action or a discrete observation is out of range, or <paramref name="tdErrors"/>
    /// is too short.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="learningRate"/> is negative or not finite.</exception>
    public TrainResult Train(SampledBatch batch, float learningRate, Span<float> tdErrors)
    {
        Shapes.RequireBatch(Spec, batch, tdErrors.Length);
        if (!float.IsFinite(learningRate) || learningRate < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "the step size must be finite and not negative");
        }

        if (batch.Count > _forward.Capacity)
        {
            (_forward, _backward, _outputGradients, _targets, _values) = Workspace(batch.Count);
            _backward.RefreshTransposes(_online.Pointer);
        }

        fixed (byte* observations = batch.Observations, next = batch.NextObservations)
        fixed (int* actions = batch.Actions)
        {
            ComputeTargets(batch, next);
            (float loss, float meanQ) = ComputeErrors(batch, observations, actions, tdErrors);
            if (!float.IsFinite(loss) || !float.IsFinite(meanQ))
            {
                throw float.IsFinite(meanQ) ? Refuse("loss", loss, batch) : Refuse("mean Q-value", meanQ, batch);
            }

            _backward.Run(_forward, _online.Pointer, observations, actions, _outputGradients.Pointer, batch.Count, _gradient.Pointer);
            float norm = MathF.Sqrt(_kernels.Dot(_gradient.Pointer, _gradient.Pointer, _layout.Length));
            if (!float.IsFinite(norm))
            {
                throw Refuse("gradient's norm", norm, batch);
            }

            // torch.nn.utils.clip_grad_norm_: the coefficient has 1e-6 below the line and is at most 1.
            float scale = _maxGradientNorm > 0 ? MathF.Min(1f, _maxGradientNorm / (norm + 1e-6f)) : 1f;
            _adam.Step(_online, _gradient, scale, learningRate);
            _backward.RefreshTransposes(_online.Pointer);
            return new TrainResult(loss, meanQ, norm);
        }
    }

    /// <inheritdoc/>
    public void UpdateTarget(float tau)
    {
        if (!(tau > 0 && tau <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(tau), tau, "the share of the online network must be above 0 and at most 1");
        }

        if (tau == 1)
        {
            _online.Span.CopyTo(_target.Span);
        }
        else
        {
            _kernels.Mix(tau, _online.Pointer, _target.Pointer, _layout.Length);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _layout.Export(_online, parameters);
    }

    /// <summary>Replaces the online network's parameters; target network and optimizer stay as they are.</summary>
    /// <param name="parameters">The new ones, [<see cref="NetworkSpec.ParameterCount"/>].</param>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _layout.Import(parameters, _online);
        _backward.RefreshTransposes(_online.Pointer);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state is another network's.</exception>
    public void ReadState(QNetworkState state)
    {
        RequireSame(state);
        _layout.Export(_online, state.Online);
        _layout.Export(_target, state.Target);
        _layout.Export(_adam.FirstMoment, state.FirstMoment);
        _layout.Export(_adam.SecondMoment, state.SecondMoment);
        state.OptimizerSteps = _adam.Steps;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state is another network's.</exception>
    public void WriteState(QNetworkState state)
    {
        RequireSame(state);
        WriteParameters(state.Online);
        _layout.Import(state.Target, _target);
        _layout.Import(state.FirstMoment, _adam.FirstMoment);
        _layout.Import(state.SecondMoment, _adam.SecondMoment);
        _adam.Steps = state.OptimizerSteps;
    }

    /// <summary>Does nothing: all memory is the garbage collector's.</summary>
    public void Dispose()
    {
    }

    /// <summary>R + d * max_a Q'(s', a), Q' the target network or, without one, the online network.</summary>
    private void ComputeTargets(SampledBatch batch, byte* next)
    {
        float* parameters = (_hasTarget ? _target : _online).Pointer;
        _forward.Run(parameters, next, batch.Count);
        float* best = _targets.Pointer;
        float* values = _values.Pointer;
        _forward.QValues(parameters, next, batch.Count, null, 0, best, 1);
        for (int action = 1; action < Spec.ActionCount; action++)
        {
            _forward.QValues(parameters, next, batch.Count, null, action, values, 1);
            for (int row = 0; row < batch.Count; row++)
            {
                // MathF.Max gives NaN if either is.
                best[row] = MathF.Max(best[row], values[row]);
            }
        }

        ReadOnlySpan<float> returns = batch.Returns;
        ReadOnlySpan<float> discounts = batch.Discounts;
        for (int row = 0; row < batch.Count; row++)
        {
            best[row] = returns[row] + (discounts[row] * best[row]);
        }
    }

    /// <summary>TD errors, the loss's gradients at Q(s, a), and the means over the batch.</summary>
    private (float Loss, float MeanQ) ComputeErrors(SampledBatch batch, byte* observations, int* actions, Span<float> tdErrors)
    {
        _forward.Run(_online.Pointer, observations, batch.Count);
        float* values = _values.Pointer;
        _forward.QValues(_online.Pointer, observations, batch.Count, actions, 0, values, 1);
        ReadOnlySpan<float> weights = batch.Weights;
        double lossSum = 0;
        double valueSum = 0;
        for (int row = 0; row < batch.Count; row++)
        {
            float error = _targets.Pointer[row] - values[row];
            tdErrors[row] = error;
            valueSum += values[row];
            lossSum += (double)weights[row] * _loss.Loss(error);
            _outputGradients.Pointer[row] = weights[row] * _loss.Derivative(error) / batch.Count;
        }

        return ((float)(lossSum / batch.Count), (float)(valueSum / batch.Count));
    }

    private NonFiniteUpdateException Refuse(string what, float value, SampledBatch batch) =>
        NonFinite.Create(_adam.Steps + 1, what, value, batch);

    private (MlpForward Forward, MlpBackward Backward, AlignedFloats OutputGradients, AlignedFloats Targets, AlignedFloats Values) Workspace(int rows) =>
    (
        new MlpForward(_layout, _kernels, rows),
        new MlpBackward(_layout, _kernels, rows),
        new AlignedFloats(rows),
        new AlignedFloats(rows),
        new AlignedFloats(rows));

    private void RequireSame(QNetworkState state)
    {
        if (!state.Spec.Equals(Spec))
        {
            throw new ArgumentException($"the state is of network {state.Spec} ({state.Spec.ElementType}), this is {Spec} ({Spec.ElementType})");
        }
    }
}
