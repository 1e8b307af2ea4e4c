using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// Gradient steps whose objective is evaluated on the device. On a GPU the next update is queued before the results of the last one are
/// read, so the device never waits for the host: the device itself decides whether an update is applied, only if its loss and gradient are
/// finite.
/// </summary>
internal sealed class TorchUpdate : INetworkUpdate
{
    private readonly TorchNetwork _network;
    private readonly IObjective _objective;
    private readonly ITorchObjective _twin;
    private readonly UpdateSlots _slots;
    private readonly Tensor[] _passes;
    private readonly Tensor _zero;

    public TorchUpdate(TorchNetwork network, IObjective objective, ITorchObjective twin, int stepsAhead)
    {
        _network = network;
        _objective = objective;
        _twin = twin;
        _passes = new Tensor[objective.Passes.Length];
        _zero = zeros(1, dtype: ScalarType.Float32, device: network.TorchDevice);
        _slots = new UpdateSlots(network.Spec, network.TorchDevice, stepsAhead + 1);
        StepsAhead = stepsAhead;
    }

    /// <inheritdoc/>
    public int StepsAhead { get; }

    /// <inheritdoc/>
    /// <exception cref="KreweException">The device is out of memory.</exception>
    public void Begin(SampledBatch batch, float learningRate)
    {
        Shapes.RequireBatch(_network.Spec, batch);
        Shapes.RequireLearningRate(learningRate);
        try
        {
            // A slot outlives the update: it is taken before the scope that disposes of the update's tensors.
            UpdateSlots.Slot slot = _slots.Take(batch.Count);
            long step = _network.Steps + 1;
            using DisposeScope scope = NewDisposeScope();
            if (StepsAhead == 0)
            {
                Apply(slot, batch, learningRate);
            }
            else
            {
                Queue(slot, batch, learningRate);
            }

            _slots.Add(slot, step, batch);
        }
        catch (ExternalException e) when (DeviceMemory.IsExhausted(e))
        {
            throw DeviceMemory.Exhausted(_network.Spec, batch.Count, _network.Device, e);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="priorities"/> is shorter than the batch.</exception>
    /// <exception cref="KreweException">The device does not answer.</exception>
    public TrainResult End(Span<float> priorities)
    {
        UpdateSlots.Pending pending = _slots.Next();
        Readback read = pending.Slot.Readback;
        read.Wait();
        if (priorities.Length < read.Priorities.Length)
        {
            throw new ArgumentException($"a batch of {read.Priorities.Length} gives as many priorities, the output holds {priorities.Length}");
        }

        read.Priorities.CopyTo(priorities);
        TrainResult result = Result(pending.Slot);
        if (!NonFinite.IsNone(result))
        {
            if (StepsAhead > 0)
            {
                // A queued update counts as a step before it is known whether the device applies it.
                _network.Adam.Steps--;
            }

            throw NonFinite.Create(pending.Step, result, pending.Batch);
        }

        return result;
    }

    public void Dispose()
    {
        _slots.Dispose();
        _twin.Dispose();
        _zero.Dispose();
    }

    /// <summary>Computes an update, reads its results, and applies it if they are finite.</summary>
    private void Apply(UpdateSlots.Slot slot, SampledBatch batch, float learningRate)
    {
        Compute(slot, batch);
        slot.Readback.Wait();
        if (NonFinite.IsNone(Result(slot)))
        {
            _network.Step(slot.Readback.Norm, learningRate);
        }
    }

    /// <summary>Queues an update; the device applies it if loss, values and gradient are finite.</summary>
    private void Queue(UpdateSlots.Slot slot, SampledBatch batch, float learningRate)
    {
        (TorchEvaluation evaluation, Tensor norm) = Compute(slot, batch);
        using IDisposable noGradient = no_grad();
        Tensor isFinite = (evaluation.Losses * slot.Stage.Weights).sum().add_(evaluation.Values.sum(), Scalars.One).add_(norm, Scalars.One).isfinite();
        _network.StepIf(isFinite, norm, _zero, learningRate);
    }

    /// <summary>Mean loss, mean Q-value and gradient norm of an update whose results have arrived.</summary>
    private static TrainResult Result(UpdateSlots.Slot slot)
    {
        float[] weights = slot.Weights;
        ReadOnlySpan<float> losses = slot.Readback.Losses;
        ReadOnlySpan<float> read = slot.Readback.Values;
        double loss = 0;
        double values = 0;
        for (int row = 0; row < weights.Length; row++)
        {
            loss += (double)weights[row] * losses[row];
            values += read[row];
        }

        return new TrainResult((float)(loss / weights.Length), (float)(values / weights.Length), slot.Readback.Norm);
    }

    /// <summary>Leaves the gradient of a batch's mean loss in the network's gradient and queues the results for the host.</summary>
    /// <returns>What the objective gave, and the gradient's norm, [].</returns>
    private (TorchEvaluation Evaluation, Tensor Norm) Compute(UpdateSlots.Slot slot, SampledBatch batch)
    {
        BatchStage stage = slot.Stage;
        stage.Fill(batch);
        batch.Weights.CopyTo(slot.Weights);
        for (int i = 0; i < _passes.Length; i++)
        {
            using IDisposable inference = no_grad();
            ForwardPass pass = _objective.Passes[i];
            _passes[i] = _network.Run(pass.Parameters, pass.IsNext ? stage.NextObservations : stage.Observations);
        }

        Tensor outputs = _network.RunChosen(stage.Observations, stage.Actions);               // [B, W]
        using IDisposable noGradient = no_grad();
        TorchEvaluation evaluation = _twin.Evaluate(stage, outputs.detach(), _passes);
        using Scalar share = 1.0 / batch.Count;
        Tensor norm = _network.Backward(outputs, evaluation.Gradients.mul(stage.Weights).mul_(share));
        slot.Readback.Queue(evaluation.Losses, evaluation.Values, evaluation.Priorities, norm);
        return (evaluation, norm);
    }
}
