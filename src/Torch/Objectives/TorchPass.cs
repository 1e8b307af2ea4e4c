using System.Runtime.InteropServices;
using Krewe.Learner;
using Krewe.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>Passes of a <see cref="TorchNetwork"/> for an objective that is evaluated on the host. All sum into the network's one gradient, one after another.</summary>
internal sealed class TorchPass(TorchNetwork network) : INetworkPass
{
    private readonly Dictionary<int, (ObservationStage Observations, StagedTensor Actions)> _stages = [];
    private Tensor? _chosen;

    public void Forward(NetworkParameters parameters, ReadOnlySpan<byte> observations, int rows, Span<float> outputs)
    {
        Shapes.RequireForward(network.Spec, observations, rows, outputs.Length, network.Spec.OutputCount);
        ObservationStage stage = Stage(rows).Observations;
        stage.Fill(observations[..(rows * network.Spec.ObservationBytes)]);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        TorchNetwork.Read(network.Run(parameters, stage.Tensor), outputs);
    }

    public void ForwardChosen(ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions, Span<float> outputs)
    {
        int rows = actions.Length;
        Shapes.RequireForward(network.Spec, observations, rows, outputs.Length, network.Spec.Head.Outputs);
        Shapes.RequireActions(network.Spec, actions);
        (ObservationStage stage, StagedTensor chosen) = Stage(rows);
        stage.Fill(observations[..(rows * network.Spec.ObservationBytes)]);
        ObservationStage.Widen(actions, chosen.Host<long>());
        chosen.Send();
        _chosen?.Dispose();
        using DisposeScope scope = NewDisposeScope();
        _chosen = network.RunChosen(stage.Tensor, chosen.OnDevice).DetachFromDisposeScope();
        TorchNetwork.Read(_chosen.detach(), outputs);
    }

    public void ClearGradient() => network.ClearGradient(this);

    public void Backward(
        ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions, ReadOnlySpan<float> outputGradients, Span<float> inputGradients = default)
    {
        network.RequireGradientOf(this);
        Tensor outputs = _chosen ?? throw new InvalidOperationException("a backward pass follows a forward pass of chosen actions");
        Shapes.RequireInputGradients(network.Spec, actions.Length, inputGradients.Length);
        using DisposeScope scope = NewDisposeScope();
        Tensor gradients = empty(outputs.shape, dtype: ScalarType.Float32);
        outputGradients.CopyTo(MemoryMarshal.Cast<byte, float>(gradients.bytes));
        if (inputGradients.IsEmpty)
        {
            TorchNetwork.Accumulate(outputs, gradients.to(network.TorchDevice));
        }
        else
        {
            // The forward pass did not record its inputs: few learners need them.
            (ObservationStage stage, StagedTensor chosen) = Stage(actions.Length);
            Tensor inputs = stage.Tensor.detach().requires_grad_(true);
            TorchNetwork.Accumulate(network.RunChosen(inputs, chosen.OnDevice), gradients.to(network.TorchDevice));
            TorchNetwork.Read(inputs.grad!, inputGradients);
        }

        outputs.Dispose();
        _chosen = null;
    }

    public void Dispose()
    {
        _chosen?.Dispose();
        foreach ((ObservationStage observations, StagedTensor actions) in _stages.Values)
        {
            observations.Dispose();
            actions.Dispose();
        }
    }

    /// <summary>The staging memory of a block: all blocks but the last have the same number of rows.</summary>
    private (ObservationStage Observations, StagedTensor Actions) Stage(int rows)
    {
        if (!_stages.TryGetValue(rows, out (ObservationStage, StagedTensor) stage))
        {
            stage = (new ObservationStage(network.Spec, rows, network.TorchDevice), new StagedTensor([rows, 1], ScalarType.Int64, network.TorchDevice));
            _stages.Add(rows, stage);
        }

        return stage;
    }
}
