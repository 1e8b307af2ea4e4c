using System.Runtime.InteropServices;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Acts epsilon-greedily on the mean of the quantiles at (k + 1/2) / K.</summary>
internal sealed class IqnBehaviour : IBehaviour
{
    private readonly IPolicyNetwork _network;
    private readonly EpsilonGreedyPolicy _policy;
    private readonly ExplorationSchedule _schedule;
    private readonly Pcg64 _random;

    public IqnBehaviour(ActingContext context)
    {
        _network = context.Policies.CreateNetwork();
        _policy = new EpsilonGreedyPolicy(new Mean(_network, context), context.Environments);
        _schedule = new ExplorationSchedule(context.Options, context.ActorId);
        _random = context.Random;
    }

    public long PolicyVersion => _network.Version;

    public double Exploration { get; private set; } = 1;

    public bool Refresh() => _network.Refresh();

    public void Act(ReadOnlySpan<byte> observations, long step, Span<byte> actions, Span<float> probabilities, Span<byte> greedy)
    {
        Exploration = _schedule.At(step);
        _policy.Act(observations, Exploration, _random, MemoryMarshal.Cast<byte, int>(actions), probabilities, greedy);
    }

    public void Dispose() => _network.Dispose();

    private sealed class Mean(IPolicyNetwork network, ActingContext context) : IQFunction
    {
        private const int Fractions = 8;

        private readonly int _length = context.Segments.ObservationLength;
        private readonly int _actions = network.Spec.ActionCount;
        private readonly float[] _rows = new float[context.Environments * Fractions * (context.Segments.ObservationLength + 1)];
        private readonly float[] _outputs = new float[context.Environments * Fractions * network.Spec.ActionCount];

        public PolicySpec Spec { get; } = new NetworkSpec(
            context.Segments.ElementType, context.Segments.ObservationLength, context.Segments.ObservationLength, [], network.Spec.ActionCount);

        public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues)
        {
            ReadOnlySpan<float> from = MemoryMarshal.Cast<byte, float>(observations);
            int rows = count * Fractions;
            for (int row = 0; row < rows; row++)
            {
                Span<float> to = _rows.AsSpan(row * (_length + 1), _length + 1);
                from.Slice(row / Fractions * _length, _length).CopyTo(to);
                to[_length] = ((row % Fractions) + 0.5f) / Fractions;
            }

            network.Forward(MemoryMarshal.AsBytes(_rows.AsSpan(0, rows * (_length + 1))), rows, _outputs);
            qValues.Clear();
            for (int row = 0; row < rows; row++)
            {
                for (int action = 0; action < _actions; action++)
                {
                    qValues[(row / Fractions * _actions) + action] += _outputs[(row * _actions) + action] / Fractions;
                }
            }
        }
    }
}
