using System.Text.Json;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>Learned tables against value iteration on the environments' own transition tables.</summary>
public class QLearningTests
{
    private const double Discount = 0.95;

    [Theory]
    [InlineData("FrozenLake-v1", "4x4", 400_000, 0.06)]
    [InlineData("CliffWalking-v1", null, 100_000, 0.01)]
    [InlineData("Taxi-v4", null, 300_000, 0.05)]
    public void A_table_comes_as_near_to_value_iteration_as_stated(string environment, string? map, int steps, double distance)
    {
        TrainingOptions options = Sessions.Small(environment, steps);
        if (map is not null)
        {
            options.Environment.Kwargs["map_name"] = JsonSerializer.SerializeToElement(map);
        }

        options.Agent.Kind = "q_learning";
        options.Actor.Epsilon = Schedule.Constant(0.7);
        options.Actor.Environments = 32;
        options.Replay.Capacity = 2 * steps;
        options.Replay.SamplesPerInsert = 8;
        options.Replay.MinSize = 1_000;
        options.Learner.BatchSize = 64;
        options.Learner.Discount = Discount;
        options.Learner.LearningRate = Schedule.Linear(0.5, environment == "FrozenLake-v1" ? 0.002 : 0.5, steps);
        options.Evaluation.Interval = steps;

        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        using var session = new TrainingSession(options, registry);

        // The one evaluation is that of the end.
        float[] learned = session.Run().BestParameters;
        using IEnvironment made = registry.Make(environment, options.Environment.Kwargs);
        TransitionTable table = made.Find<TabularEnvironment>()!.Table;
        double[] expected = ValueIteration(table);
        bool[] reachable = Reachable(table);
        Assert.True(reachable.Count(yes => yes) > 10, "an environment with states to compare");
        for (int state = 0; state < table.States; state++)
        {
            for (int action = 0; reachable[state] && action < table.Actions; action++)
            {
                int i = (state * table.Actions) + action;
                Assert.True(
                    Math.Abs(expected[i] - learned[i]) <= distance,
                    $"{environment}: Q({state}, {action}) is {learned[i]}, value iteration gives {expected[i]}");
            }
        }
    }

    private static double[] ValueIteration(TransitionTable table)
    {
        var values = new double[table.States * table.Actions];
        for (double change = 1; change > 1e-12;)
        {
            change = 0;
            for (int i = 0; i < values.Length; i++)
            {
                double value = 0;
                foreach (Transition outcome in table[i / table.Actions, i % table.Actions])
                {
                    double best = values.AsSpan(outcome.NextState * table.Actions, table.Actions).ToArray().Max();
                    value += outcome.Probability * (outcome.Reward + (outcome.Terminated ? 0 : Discount * best));
                }

                change = Math.Max(change, Math.Abs(value - values[i]));
                values[i] = value;
            }
        }

        return values;
    }

    /// <summary>The states in which an episode can be.</summary>
    private static bool[] Reachable(TransitionTable table)
    {
        var reachable = new bool[table.States];
        var open = new Stack<int>(Enumerable.Range(0, table.States).Where(state => table.Initial[state] > 0));
        while (open.TryPop(out int state))
        {
            if (reachable[state])
            {
                continue;
            }

            reachable[state] = true;
            for (int action = 0; action < table.Actions; action++)
            {
                foreach (Transition outcome in table[state, action])
                {
                    if (!outcome.Terminated && outcome.Probability > 0)
                    {
                        open.Push(outcome.NextState);
                    }
                }
            }
        }

        return reachable;
    }
}
