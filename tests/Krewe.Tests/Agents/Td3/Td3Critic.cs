using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Q(s, a) as a network over observations followed by actions, for one block of rows at a time.</summary>
internal sealed class Td3Critic : IDisposable
{
    private readonly INetwork _network;
    private readonly INetworkPass _pass;
    private readonly int _observation;
    private readonly int _action;
    private readonly float[] _rows;
    private readonly float[] _gradients;
    private readonly int[] _chosen;

    public Td3Critic(LearnerContext context)
    {
        (_observation, _action) = (context.Segments.ObservationLength, context.Segments.ActionLength);
        _network = context.CreateNetwork(new NetworkSpec(
            new BoxSpace(float.NegativeInfinity, float.PositiveInfinity, [_observation + _action]), ((NetworkSpec)context.Policy).Architecture, actionCount: 1));
        _pass = _network.CreatePass();
        _rows = new float[_network.BlockRows * (_observation + _action)];
        _gradients = new float[_rows.Length];
        _chosen = new int[_network.BlockRows];
    }

    /// <summary>Q of each row, without a gradient.</summary>
    public void Forward(NetworkParameters parameters, ReadOnlySpan<byte> observations, ReadOnlySpan<float> actions, Span<float> values)
    {
        ReadOnlySpan<byte> rows = Compose(observations, actions);
        _pass.Forward(parameters, rows, actions.Length / _action, values);
    }

    /// <summary>The online network's Q of each row, to be followed by <see cref="Backward"/>.</summary>
    public void ForwardChosen(ReadOnlySpan<byte> observations, ReadOnlySpan<float> actions, Span<float> values)
    {
        ReadOnlySpan<byte> rows = Compose(observations, actions);
        _pass.ForwardChosen(rows, _chosen.AsSpan(0, actions.Length / _action), values);
    }

    public void ClearGradient() => _pass.ClearGradient();

    /// <summary>Adds the gradient of the last block.</summary>
    /// <param name="gradients">Gradient of the loss at Q, [rows].</param>
    /// <param name="actionGradients">Receives the gradient at the actions, [rows, action length]; empty for none.</param>
    public void Backward(ReadOnlySpan<float> gradients, Span<float> actionGradients)
    {
        int width = _observation + _action;
        ReadOnlySpan<byte> rows = MemoryMarshal.AsBytes(_rows.AsSpan(0, gradients.Length * width));
        Span<float> at = actionGradients.IsEmpty ? [] : _gradients.AsSpan(0, gradients.Length * width);
        _pass.Backward(rows, _chosen.AsSpan(0, gradients.Length), gradients, at);
        for (int row = 0; !at.IsEmpty && row < gradients.Length; row++)
        {
            at.Slice((row * width) + _observation, _action).CopyTo(actionGradients[(row * _action)..]);
        }
    }

    /// <summary>Takes a step; returns the gradient's norm.</summary>
    public float Apply(float learningRate)
    {
        float norm = _network.SumGradients([_pass]);
        _network.Apply(_pass, norm, learningRate);
        return norm;
    }

    public void UpdateTarget(float tau) => _network.UpdateTarget(tau);

    public void Visit(IStateVisitor visitor) => _network.Visit(visitor);

    public void Dispose()
    {
        _pass.Dispose();
        _network.Dispose();
    }

    private ReadOnlySpan<byte> Compose(ReadOnlySpan<byte> observations, ReadOnlySpan<float> actions)
    {
        ReadOnlySpan<float> from = MemoryMarshal.Cast<byte, float>(observations);
        int count = actions.Length / _action;
        int width = _observation + _action;
        for (int row = 0; row < count; row++)
        {
            from.Slice(row * _observation, _observation).CopyTo(_rows.AsSpan(row * width));
            actions.Slice(row * _action, _action).CopyTo(_rows.AsSpan((row * width) + _observation));
        }

        return MemoryMarshal.AsBytes(_rows.AsSpan(0, count * width));
    }
}
