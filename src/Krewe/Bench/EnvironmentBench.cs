using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Cli;

/// <summary>Environment steps per second on one core, including auto-reset and float32 observations; actions are drawn beforehand.</summary>
internal static class EnvironmentBench
{
    private const int Instances = 4096;
    private const int ActionSets = 64;

    public static IEnumerable<BenchRow> Run()
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        foreach ((string id, double? goal) in new (string, double?)[]
        {
            ("CartPole-v1", 100e6), ("MountainCar-v0", null), ("Acrobot-v1", null), ("FrozenLake-v1", null), ("Taxi-v4", null),
        })
        {
            using IVectorEnvironment environments = registry.MakeVector(id, Instances);
            var discrete = (DiscreteSpace)environments.ActionSpace;
            var random = new Pcg64(0);
            int[][] actions = [.. Enumerable.Range(0, ActionSets).Select(_ =>
                Enumerable.Range(0, Instances).Select(_ => random.NextInt(discrete.N)).ToArray())];
            var observations = new byte[Instances * environments.ObservationSpace.ByteSize];
            var finalObservations = new byte[observations.Length];
            var rewards = new float[Instances];
            var terminated = new byte[Instances];
            var truncated = new byte[Instances];
            environments.Reset(0, observations);
            int set = 0;
            (double[] rates, double bytes) = Measurement.Rate(() =>
            {
                for (int i = 0; i < 4; i++)
                {
                    environments.Step(actions[set = (set + 1) % ActionSets], new VectorStep
                    {
                        Observations = observations,
                        FinalObservations = finalObservations,
                        Rewards = rewards,
                        Terminated = terminated,
                        Truncated = truncated,
                    });
                }

                return 4 * Instances;
            });
            yield return Measurement.Row("env", $"{id}, {Instances} instances, one core", rates, "steps/s", goal);
            yield return Measurement.AllocationRow("env", $"{id}: allocation", bytes, "bytes/step");
        }
    }
}
