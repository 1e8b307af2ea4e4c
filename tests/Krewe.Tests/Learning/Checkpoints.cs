using System.Text.Json;
using Krewe.Contracts;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>Checkpoints in which all numbers differ.</summary>
internal static class Checkpoints
{
    public static Checkpoint Distinct(long step = 12_345)
    {
        var options = new TrainingOptions();
        options.Environment.Id = "FrozenLake-v1";
        options.Environment.Kwargs["map_name"] = JsonSerializer.SerializeToElement("8x8");
        options.Actor.Epsilon = Schedule.Linear(initial: 0.9, final: 0.0123456789012345, steps: 777);
        options.Network.Hidden = [5];
        var network = new NetworkState(new NetworkSpec(ElementType.Int32, 1, 64, [5], 4)) { OptimizerSteps = 987 };
        var random = new Pcg64(seed: (ulong)step);
        foreach (float[] values in new[] { network.Online, network.Target, network.FirstMoment, network.SecondMoment })
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)random.NextUniform(-1, 1);
            }
        }

        return new Checkpoint
        {
            State = network.ToState(),
            Options = options,
            EnvironmentSteps = step,
            Updates = 678,
            Episodes = 90,
            PolicyVersion = 67,
            WallSeconds = 1.0 / 3,
            EvaluationMean = 0.1 + 0.2,
            BestMean = 2.0 / 3,
            Solved = new SolvedAt(Seconds: 0.7, Step: 4_321),
            ActorRandom =
            [
                new Pcg64State(UInt128.MaxValue - 1, UInt128.MaxValue, HasHalf: true, uint.MaxValue),
                new Pcg64State(((UInt128)1 << 127) + 3, 5, HasHalf: false, Half: 0),
            ],
            KreweVersion = "1.2.3",
        };
    }
}
