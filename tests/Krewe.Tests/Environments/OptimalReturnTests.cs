using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>What the best policies of the tabular environments reach, by value iteration: the presets' thresholds are below it.</summary>
public class OptimalReturnTests
{
    /// <summary>The best stationary policy by the discount of the preset, and the best one that knows the time left.</summary>
    [Theory]
    [InlineData("FrozenLake-v1", 0.7402, 0.7442)]
    [InlineData("FrozenLake8x8-v1", 0.8936, 0.9132)]
    [InlineData("CliffWalking-v1", -13, -13)]
    [InlineData("CliffWalkingSlippery-v1", -64.7024, -64.7023)]
    [InlineData("Taxi-v4", 7.93, 7.93)]
    public void The_threshold_of_a_preset_can_be_reached(string id, double stationary, double timeAware)
    {
        TrainingOptions options = Preset.LoadFor(id, []).Bind();
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        EnvironmentSpec spec = registry.GetSpec(id, options.Environment.Kwargs);
        using IEnvironment environment = registry.Make(id, options.Environment.Kwargs);
        TransitionTable table = environment.Find<TabularEnvironment>()!.Table;
        int limit = spec.MaxEpisodeSteps!.Value;

        var values = new double[table.States];
        for (int i = 0; i < 5_000; i++)
        {
            values = Backup(table, values, options.Learner.Discount);
        }

        int[] policy = [.. Enumerable.Range(0, table.States).Select(state => Greedy(table, values, options.Learner.Discount, state))];
        var returns = new double[table.States];
        var best = new double[table.States];
        for (int step = 0; step < limit; step++)
        {
            double[] before = returns;
            returns = [.. policy.Select((action, state) => Value(table, before, discount: 1, state, action))];
            best = Backup(table, best, discount: 1);
        }

        Assert.Equal(stationary, Start(table, returns), tolerance: 5e-5);
        Assert.Equal(timeAware, Start(table, best), tolerance: 5e-5);
        Assert.InRange(spec.RewardThreshold!.Value, double.MinValue, Start(table, returns));
    }

    [Fact]
    public void Every_built_in_environment_has_a_preset() =>
        Assert.All(EnvironmentRegistry.CreateDefault().Ids, id => Assert.Equal(id, Preset.Load(id).Environment.Id));

    private static double Value(TransitionTable table, double[] values, double discount, int state, int action)
    {
        double sum = 0;
        foreach (Transition outcome in table[state, action])
        {
            sum += outcome.Probability * (outcome.Reward + (outcome.Terminated ? 0 : discount * values[outcome.NextState]));
        }

        return sum;
    }

    private static int Greedy(TransitionTable table, double[] values, double discount, int state) =>
        Enumerable.Range(0, table.Actions).MaxBy(action => Math.Round(Value(table, values, discount, state, action), 12));

    private static double[] Backup(TransitionTable table, double[] values, double discount) =>
        [.. Enumerable.Range(0, table.States).Select(state => Enumerable.Range(0, table.Actions).Max(action => Value(table, values, discount, state, action)))];

    private static double Start(TransitionTable table, double[] values)
    {
        double sum = 0;
        for (int state = 0; state < table.States; state++)
        {
            sum += table.Initial[state] * values[state];
        }

        return sum;
    }
}
