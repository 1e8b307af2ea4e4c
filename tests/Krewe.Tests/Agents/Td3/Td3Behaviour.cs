using System.Runtime.InteropServices;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Acts with the policy, and with normal noise of a constant scale while it explores.</summary>
internal sealed class Td3Behaviour(ActingContext context) : IBehaviour
{
    private const double Scale = 0.1;

    private readonly IPolicyNetwork _network = context.Policies.CreateNetwork();
    private readonly BoundedActions _bounded = new((BoxSpace)context.ActionSpace);
    private readonly float[] _outputs = new float[context.Environments * context.ActionSpace.Length];

    public long PolicyVersion => _network.Version;

    public double Exploration => context.IsEvaluation ? 0 : Scale;

    public bool Refresh() => _network.Refresh();

    public void Act(ReadOnlySpan<byte> observations, long step, Span<byte> actions, Span<float> probabilities, Span<byte> greedy)
    {
        _network.Forward(observations, context.Environments, _outputs);
        Span<float> elements = MemoryMarshal.Cast<byte, float>(actions);
        for (int i = 0; i < elements.Length; i++)
        {
            double noise = context.IsEvaluation ? 0 : Scale * BoundedActions.Normal(context.Random);
            elements[i] = _bounded.Of(_outputs[i], i % _bounded.Length, noise);
        }

        // An off-policy learner reads no densities.
        probabilities.Fill(1);
        greedy.Fill(context.IsEvaluation ? (byte)1 : (byte)0);
    }

    public void Dispose() => _network.Dispose();
}
