using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Cli;

/// <summary>The way of a policy from the learner to an actor of the same process, until the actor can act with it.</summary>
internal static class PublishBench
{
    public static IEnumerable<BenchRow> Run()
    {
        foreach (ImmutableArray<int> hidden in new ImmutableArray<int>[] { [64, 64], [256, 256], [1024, 1024] })
        {
            var spec = new NetworkSpec(BenchData.CartPole.ElementType, 4, 4, hidden, 2);
            using var network = new MlpNetwork(spec, new LearnerOptions(), RandomStreams.Create(0, RandomStream.Network));
            var policies = new PolicyBoard(spec);
            using IPolicyNetwork actor = policies.CreateNetwork();
            var flat = new float[spec.ParameterCount];
            long version = 0;
            (double[] direct, double bytes) = Measurement.Rate(() =>
            {
                policies.Publish(version++, network);
                actor.Refresh();
                return 1;
            });
            (double[] received, _) = Measurement.Rate(() =>
            {
                network.ReadParameters(flat);
                policies.Publish(version++, flat);
                actor.Refresh();
                return 1;
            });
            yield return Row($"{spec}: a policy published and taken by an actor of the process", direct);
            yield return Row($"{spec}: the same in the flat order, as from another process", received);
            yield return Measurement.AllocationRow("acting", $"{spec}: publishing: allocation", bytes, "bytes/policy");
        }
    }

    private static BenchRow Row(string name, double[] rates) =>
        Measurement.Row("acting", name, [.. rates.Select(rate => 1e6 / rate).Order()], "us", goal: null, lowerIsBetter: true);
}
