using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>What an objective of a user's assembly may get wrong.</summary>
public class FaultyObjectiveTests
{
    private static readonly NetworkSpec Net = Batches.Spec(ElementType.Float32, 4, [8], 2);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-1f)]
    public void A_priority_that_replay_would_refuse_rejects_the_update(float priority)
    {
        using var network = TrainedNetwork.Mlp(Net, new LearnerOptions(), new Pcg64(1), objective: new Objective(priority));
        NetworkState before = network.State();
        network.Begin(Batches.Random(Net, 4, 1), 1e-3f);
        var refused = Assert.Throws<NonFiniteUpdateException>(() => network.End(new float[4]));
        Assert.Contains("the priority of sample 0 is", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before.Online, network.State().Online);
    }

    [Fact]
    public void An_objective_that_writes_no_priorities_gives_none_of_an_earlier_batch()
    {
        var objective = new Objective(3);
        using var network = TrainedNetwork.Mlp(Net, new LearnerOptions(), new Pcg64(1), objective: objective);
        var priorities = new float[4];
        network.Train(Batches.Random(Net, 4, 1), 1e-3f, priorities);
        Assert.All(priorities, priority => Assert.Equal(3, priority));
        objective.Priority = null;
        network.Train(Batches.Random(Net, 4, 2), 1e-3f, priorities);
        Assert.All(priorities, priority => Assert.Equal(0, priority));
    }

    private sealed class Objective(float? priority) : IObjective
    {
        public float? Priority { get; set; } = priority;

        public ImmutableArray<ForwardPass> Passes => [];

        public void Evaluate(in ObjectiveBlock block)
        {
            block.Gradients.Clear();
            block.Losses.Clear();
            block.Values.Clear();
            if (Priority is { } value)
            {
                block.Priorities.Fill(value);
            }
        }
    }
}
