using System.Text.Json;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;
using Krewe.Replay;

namespace Krewe.Tests;

/// <summary>What actors give a transition is the error of the transition that replay makes of it.</summary>
public class InitialPrioritiesTests
{
    private const double Discount = 0.9;

    [Theory]
    [InlineData(1, 0.3, 200)]
    [InlineData(3, 0.3, 200)]
    [InlineData(3, 1.0, 200)]
    [InlineData(3, 0.0, 7)]
    [InlineData(20, 0.3, 7)]
    public void They_are_the_temporal_difference_errors_of_the_sampled_transitions(int nStep, double epsilon, int maxEpisodeSteps)
    {
        var options = new ActorOptions { Environments = 5, SegmentLength = 16, Epsilon = Schedule.Constant(epsilon) };
        IVectorEnvironment environments = EnvironmentRegistry.CreateDefault().MakeVector(
            "CartPole-v1", options.Environments, new Dictionary<string, JsonElement> { ["max_episode_steps"] = JsonSerializer.SerializeToElement(maxEpisodeSteps) });
        var segments = new SegmentSpec(environments.ObservationSpace, environments.ActionSpace);
        var spec = new NetworkSpec(environments.ObservationSpace, [16], 2);
        var parameters = new float[spec.ParameterCount];
        LinearInitialization.Fill(spec, new Pcg64(2), parameters);
        var board = new PolicyBoard(spec);
        board.Publish(0, parameters);
        var replayOptions = new ReplayOptions { Capacity = 10_000, NStep = nStep, MinSize = 1, SamplesPerInsert = 1, ErrorBuffer = 1e15, PriorityExponent = 1 };
        ShardedReplay replay = ShardedReplay.Create(segments, replayOptions, ReplaySelector.For(replayOptions), Discount, largestAppend: 80, largestSample: 64, seed: 1);
        using var actor = new ActorLoop(
            actorId: 0, options, environments, replay, board, new RunCounters(), new EpisodeTracker(), new Pcg64(0).State,
            priorities: new InitialPriorities(nStep, Discount));
        for (int i = 0; i < 10; i++)
        {
            Assert.True(actor.Collect());
            Assert.Equal(AppendStatus.Stored, actor.Push(TimeSpan.Zero, CancellationToken.None));
        }

        using IPolicyNetwork network = board.CreateNetwork();
        network.Refresh();
        var batch = new SampledBatch(segments, 64);
        var errors = new Dictionary<long, double>();
        var probabilities = new Dictionary<long, double>();
        var values = new float[64 * 2];
        var next = new float[64 * 2];
        for (int i = 0; i < 500; i++)
        {
            replay.Sample(batch, TimeSpan.Zero, CancellationToken.None);
            network.Forward(batch.Observations, 64, values);
            network.Forward(batch.NextObservations, 64, next);
            for (int row = 0; row < 64; row++)
            {
                double best = Math.Max(next[2 * row], next[(2 * row) + 1]);
                double bootstrap = batch.Discounts[row] == 0 ? 0 : batch.Discounts[row] * best;
                errors[batch.Positions[row]] = Math.Abs(batch.Returns[row] + bootstrap - values[(2 * row) + batch.Actions[row]]);
                probabilities[batch.Positions[row]] = batch.Probabilities[row];
            }
        }

        // With the exponent 1 a probability is the priority's share.
        Assert.InRange(errors.Count, 700, 800);
        (long first, double probability) = probabilities.MaxBy(entry => entry.Value);
        double mass = errors[first] / probability;
        Assert.All(errors, error => Assert.Equal(error.Value, probabilities[error.Key] * mass, tolerance: 1e-4));
    }

    [Fact]
    public void Without_them_a_batch_has_none()
    {
        IVectorEnvironment environments = EnvironmentRegistry.CreateDefault().MakeVector("CartPole-v1", 2);
        var spec = new NetworkSpec(environments.ObservationSpace, [], 2);
        var board = new PolicyBoard(spec);
        board.Publish(0, new float[spec.ParameterCount]);
        using var actor = new ActorLoop(
            actorId: 0, new ActorOptions { Environments = 2 }, environments, new Discarding(), board, new RunCounters(), new EpisodeTracker(), new Pcg64(0).State);
        actor.Collect();
        Assert.True(actor.Batch.Priorities.IsEmpty);
    }

    private sealed class Discarding : IExperience
    {
        public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken) => AppendStatus.Stored;

        public ReplayStatistics GetStatistics() => default;
    }
}
