using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>The DQN update on the device: targets, loss gradient, clipping and Adam's step. Temporary tensors belong to the caller's dispose scope.</summary>
internal sealed class TorchUpdate : IDisposable
{
    private static readonly long[] Actions = [1];

    // torch.nn.utils.clip_grad_norm_ adds this to the norm.
    private const double ClippingEpsilon = 1e-6;

    private readonly LearnerOptions _options;
    private readonly TemporalDifference _loss;
    private readonly TorchForward _forward;
    private readonly Tensor _gradient;
    private readonly Tensor _zero;
    private readonly Scalar _clippingEpsilon = ClippingEpsilon;
    private readonly Scalar _maxGradientNorm;
    private readonly Scalar _delta;
    private readonly Scalar _minusDelta;

    public TorchUpdate(NetworkSpec spec, LearnerOptions options, TorchForward forward, Device device)
    {
        _options = options;
        _loss = new TemporalDifference(options.Loss, (float)options.HuberDelta);
        _forward = forward;
        _maxGradientNorm = options.MaxGradientNorm;
        _delta = options.HuberDelta;
        _minusDelta = -options.HuberDelta;
        _zero = zeros(1, dtype: ScalarType.Float32, device: device);
        _gradient = zeros(spec.ParameterCount, dtype: ScalarType.Float32, device: device);
        Online = new TorchParameters(spec, device, _gradient);
        Target = options.Target == TargetKind.Off ? null : new TorchParameters(spec, device);
        Adam = new TorchAdam(options, spec.ParameterCount, device);
    }

    /// <summary>Parameters of the online network.</summary>
    public TorchParameters Online { get; }

    /// <summary>Parameters of the target network; null if the target network is off and the online network computes the targets.</summary>
    public TorchParameters? Target { get; }

    /// <summary>The optimizer.</summary>
    public TorchAdam Adam { get; }

    /// <summary>Computes an update, reads its results, and applies it if they are finite.</summary>
    public void Apply(UpdateSlots.Slot slot, SampledBatch batch, float learningRate)
    {
        Compute(slot, batch);
        slot.Readback.Wait();
        if (NonFinite.IsNone(Result(slot)))
        {
            using IDisposable noGradient = no_grad();
            double scale = _options.MaxGradientNorm > 0 ? Math.Min(1, _options.MaxGradientNorm / (slot.Readback.Norm + ClippingEpsilon)) : 1;
            Adam.Step(Online.Flat, _gradient, scale, learningRate);
        }
    }

    /// <summary>Queues an update; the device applies it if loss and gradient are finite.</summary>
    public void Queue(UpdateSlots.Slot slot, SampledBatch batch, float learningRate)
    {
        (Tensor errors, Tensor derivative, Tensor norm) = Compute(slot, batch);
        using IDisposable noGradient = no_grad();

        // Not finite if the loss is not: the sum is -2 times the loss, up to a finite amount in Huber's linear part.
        Tensor isFinite = (errors * derivative).sum().add(norm, Scalars.One).isfinite();
        Tensor clipped = _options.MaxGradientNorm > 0
            ? _gradient * norm.add(_clippingEpsilon, Scalars.One).reciprocal_().mul_(_maxGradientNorm).clamp_(max: Scalars.One)
            : _gradient;
        Adam.StepIf(Online.Flat, torch.where(isFinite, clipped, _zero), isFinite.to(ScalarType.Float32), learningRate);
    }

    /// <summary>Mean loss, mean Q-value and gradient norm of an update whose results have arrived.</summary>
    public TrainResult Result(UpdateSlots.Slot slot)
    {
        float[] weights = slot.Weights;
        ReadOnlySpan<float> errors = slot.Readback.Errors;
        ReadOnlySpan<float> read = slot.Readback.Values;
        double loss = 0;
        double values = 0;
        for (int row = 0; row < weights.Length; row++)
        {
            loss += (double)weights[row] * _loss.Loss(errors[row]);
            values += read[row];
        }

        return new TrainResult((float)(loss / weights.Length), (float)(values / weights.Length), slot.Readback.Norm);
    }

    public void Dispose()
    {
        Online.Dispose();
        Target?.Dispose();
        Adam.Dispose();
        _gradient.Dispose();
        _zero.Dispose();
        _clippingEpsilon.Dispose();
        _maxGradientNorm.Dispose();
        _delta.Dispose();
        _minusDelta.Dispose();
    }

    /// <summary>Computes the gradient of a batch's mean loss in the flat gradient and queues the results for the host.</summary>
    /// <returns>TD errors and the derivative of the loss at Q(s, a), each [B, 1]; the gradient norm, [].</returns>
    private (Tensor Errors, Tensor Derivative, Tensor Norm) Compute(UpdateSlots.Slot slot, SampledBatch batch)
    {
        slot.Stage.Fill(batch);
        batch.Weights.CopyTo(slot.Weights);
        Tensor targets = Targets(slot.Stage);                                                        // [B, 1]
        Tensor values = _forward.Run(Online, slot.Stage.Observations).gather(1, slot.Stage.Actions); // [B, 1]
        using IDisposable noGradient = no_grad();
        Tensor errors = targets - values.detach();                                                   // [B, 1]
        Tensor derivative = Derivative(errors).mul_(slot.Stage.Weights);                             // [B, 1]
        _gradient.zero_();
        autograd.backward(values, derivative);
        Tensor norm = _gradient.norm();
        slot.Readback.Queue(errors, values.detach(), norm);
        return (errors, derivative, norm);
    }

    /// <summary>R + d * max_a Q'(s', a), Q' the target network, [B, 1].</summary>
    private Tensor Targets(BatchStage stage)
    {
        using IDisposable noGradient = no_grad();
        Tensor best = _forward.Run(Target ?? Online, stage.NextObservations).amax(Actions, keepdim: true);
        return stage.Returns.addcmul(stage.Discounts, best, Scalars.One);
    }

    /// <summary>The gradient of the mean loss at Q(s, a) for a weight of 1, [B, 1].</summary>
    private Tensor Derivative(Tensor errors)
    {
        using Scalar factor = (_options.Loss == LossKind.Mse ? -2.0 : -1.0) / errors.shape[0];
        return _options.Loss == LossKind.Mse ? errors.mul(factor) : errors.clamp(_minusDelta, _delta).mul_(factor);
    }
}
