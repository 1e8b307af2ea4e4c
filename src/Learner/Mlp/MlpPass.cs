using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>Passes of an <see cref="MlpNetwork"/> over blocks of rows.</summary>
internal sealed unsafe class MlpPass : INetworkPass
{
    private readonly MlpNetwork _network;
    private readonly NetworkForward _forward;
    private readonly MlpBackward _backward;
    private readonly AlignedFloats _gradient;
    private readonly RowsByAction? _sorted;
    private long _transposed = -1;
    private bool _accumulate;

    public MlpPass(MlpNetwork network, KernelLayout layout, KernelSet kernels)
    {
        _network = network;
        _forward = new NetworkForward(layout, kernels, network.BlockRows);
        _backward = new MlpBackward(layout, kernels, network.BlockRows);
        _gradient = new AlignedFloats(layout.Length);
        _sorted = layout.HasNarrowHead || layout.Spec.Architecture.Dueling ? null : new RowsByAction(layout.Spec, network.BlockRows);
    }

    /// <summary>The gradient, in the layout's order; complete after <see cref="CompleteGradient"/>.</summary>
    public AlignedFloats Gradient => _gradient;

    /// <summary>Writes zeros if there has been no block.</summary>
    public void CompleteGradient()
    {
        if (!_accumulate)
        {
            _gradient.Span.Clear();
        }
    }

    public void Forward(NetworkParameters parameters, ReadOnlySpan<byte> observations, int rows, Span<float> outputs)
    {
        Shapes.RequireForward(_network.Spec, observations, rows, outputs.Length, _network.Spec.OutputCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, _network.BlockRows);
        fixed (byte* from = observations)
        fixed (float* to = outputs)
        {
            _forward.Outputs(_network.Parameters(parameters).Pointer, from, rows, to);
        }

        GC.KeepAlive(_network);
    }

    public void ForwardChosen(ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions, Span<float> outputs)
    {
        Require(observations, actions, outputs.Length);
        if (_sorted is null)
        {
            RunChosen(observations, actions, outputs);
            return;
        }

        // A head of several outputs computes the rows of an action together.
        _sorted.Sort(observations, actions);
        RunChosen(_sorted.Observations, _sorted.Actions, _sorted.Outputs);
        _sorted.CopyOutputs(outputs);
    }

    public void ClearGradient() => _accumulate = false;

    public void Backward(ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions, ReadOnlySpan<float> outputGradients, Span<float> inputGradients = default)
    {
        Require(observations, actions, outputGradients.Length);
        Shapes.RequireInputGradients(_network.Spec, actions.Length, inputGradients.Length);
        if (_sorted is not null)
        {
            _sorted.TakeOutputs(outputGradients);
            observations = _sorted.Observations;
            actions = _sorted.Actions;
            outputGradients = _sorted.Outputs;
        }

        float* parameters = _network.Parameters(NetworkParameters.Online).Pointer;
        if (_transposed != _network.ParameterChanges)
        {
            _backward.RefreshTransposes(parameters);
            _transposed = _network.ParameterChanges;
        }

        fixed (byte* from = observations)
        fixed (int* chosen = actions)
        fixed (float* gradients = outputGradients)
        {
            _backward.Run(_forward, parameters, from, chosen, gradients, actions.Length, _gradient.Pointer, _accumulate);
        }

        _accumulate = true;
        if (!inputGradients.IsEmpty)
        {
            _backward.ReadInputGradients(parameters, actions.Length, _sorted is null ? [] : _sorted.Places, inputGradients);
        }

        GC.KeepAlive(_network);
    }

    /// <summary>Does nothing: all memory is garbage-collected.</summary>
    public void Dispose()
    {
    }

    private void RunChosen(ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions, Span<float> outputs)
    {
        fixed (byte* from = observations)
        fixed (int* chosen = actions)
        fixed (float* to = outputs)
        {
            _forward.ChosenOutputs(_network.Parameters(NetworkParameters.Online).Pointer, from, actions.Length, chosen, to);
        }

        GC.KeepAlive(_network);
    }

    private void Require(ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions, int outputs)
    {
        Shapes.RequireForward(_network.Spec, observations, actions.Length, outputs, _network.Spec.Head.Outputs);
        Shapes.RequireActions(_network.Spec, actions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(actions.Length, _network.BlockRows);
    }
}
