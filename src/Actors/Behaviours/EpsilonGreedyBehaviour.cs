using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Actors;

/// <summary>Acts epsilon-greedily on the newest values, with epsilon by <see cref="ExplorationSchedule"/>.</summary>
internal sealed class EpsilonGreedyBehaviour : IValueBehaviour
{
    private readonly IPolicyNetwork _network;
    private readonly EpsilonGreedyPolicy _policy;
    private readonly ExplorationSchedule _schedule;
    private readonly Pcg64 _random;

    public EpsilonGreedyBehaviour(ActingContext context)
    {
        _network = context.Policies.CreateNetwork();
        _policy = new EpsilonGreedyPolicy(_network, context.Environments) { NeedsValues = context.NeedsValues };
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

    public void GetValues(ReadOnlySpan<byte> actions, Span<float> chosen, Span<float> best) =>
        _policy.GetValues(MemoryMarshal.Cast<byte, int>(actions), chosen, best);

    public void GetBest(ReadOnlySpan<byte> observations, Span<float> best) => _policy.GetBest(observations, best);

    public void Dispose() => _network.Dispose();
}
