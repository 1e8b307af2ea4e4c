using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

public class EpisodeSemanticsTests
{
    private readonly EnvironmentRegistry _registry = EnvironmentRegistry.CreateDefault();

    public EpisodeSemanticsTests() => _registry.RegisterAssembly(typeof(Corridor).Assembly);

    [Fact]
    public void The_time_limit_truncates_the_last_step_and_starts_again_at_reset()
    {
        using IEnvironment environment = _registry.Make("Corridor-v0", Arguments.Parse("{\"max_episode_steps\":3}"));
        var observation = new byte[8];
        for (int episode = 0; episode < 2; episode++)
        {
            environment.Reset(0, observation);
            Assert.Equal(
                [false, false, true],
                Enumerable.Range(0, 3).Select(_ => environment.Step(0, observation)).Select(x => x.Truncated).ToArray());
        }
    }

    [Fact]
    public void A_step_can_be_terminated_and_truncated()
    {
        using IEnvironment environment = _registry.Make("Corridor-v0", Arguments.Parse("{\"max_episode_steps\":2,\"length\":8,\"starts\":[6]}"));
        var observation = new byte[8];
        environment.Reset(0, observation);
        environment.Step(1, observation);

        Assert.Equal(new StepResult(1, Terminated: true, Truncated: true), environment.Step(1, observation));
    }

    [Fact]
    public void An_ended_instance_is_reset_in_the_same_step_and_keeps_its_last_observation()
    {
        using IVectorEnvironment environment = _registry.MakeVector("Corridor-v0", 2, Arguments.Parse("{\"length\":8,\"starts\":[7]}"));
        var buffers = new VectorBuffers(environment);
        buffers.Reset(0);
        buffers.Finals.Fill(-1);
        buffers.Step([1, 0]);

        Assert.Equal([1, 0], buffers.Terminated);
        Assert.Equal([0, 0], buffers.Truncated);
        Assert.Equal([1f, 0f], buffers.Rewards);
        Assert.Equal([7f, 8f, 6f, 8f], buffers.Observations.ToArray());
        Assert.Equal([8f, 8f, -1f, -1f], buffers.Finals.ToArray());
    }

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("Taxi-v4")]
    [InlineData("Corridor-v0")]
    public void Instance_i_is_seeded_with_seed_plus_i_and_continues_its_stream(string id)
    {
        using IVectorEnvironment vector = _registry.MakeVector(id, 3);
        var buffers = new VectorBuffers(vector);
        using IEnvironment single = _registry.Make(id);
        int bytes = single.ObservationSpace.ByteSize;
        var observation = new byte[bytes];
        foreach (ulong? seed in (ulong?[])[5, null, null])
        {
            buffers.Reset(seed);
            if (seed is not null)
            {
                single.Reset(seed + 2, observation);
            }
            else
            {
                single.Reset(null, observation);
            }

            Assert.Equal(observation, buffers.ObservationBytes[(2 * bytes)..]);
        }
    }

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("Corridor-v0")]
    public void Environments_that_were_never_seeded_differ(string id)
    {
        string[] first = [.. Enumerable.Range(0, 16).Select(_ =>
        {
            using IVectorEnvironment environment = _registry.MakeVector(id, 4);
            var buffers = new VectorBuffers(environment);
            buffers.Reset(null);
            return Convert.ToHexString(buffers.ObservationBytes);
        })];

        Assert.True(first.Distinct().Count() > 1);
    }

    [Fact]
    public void Images_and_indices_travel_in_their_own_type()
    {
        using IVectorEnvironment environment = _registry.MakeVector("Pixels-v0", 2);
        var buffers = new VectorBuffers(environment);
        buffers.Reset(0);
        buffers.Step([1, 0]);

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0], buffers.ObservationBytes);
        Assert.Equal([201, 201, 201, 201, 200, 200, 200, 200], buffers.FinalBytes);
    }

    [Fact]
    public void A_pole_that_fell_earns_nothing_more()
    {
        foreach ((bool suttonBarto, double[] rewards) in ((bool, double[])[])[(false, [1, 0, 0]), (true, [-1, -1, -1])])
        {
            using var environment = new CartPole(suttonBarto);
            var observation = new float[4];
            environment.Reset(0, observation);
            environment.SetState([0, 0, 0.21, 1]);
            foreach (double reward in rewards)
            {
                Assert.Equal(new StepResult(reward, Terminated: true, Truncated: false), environment.Step(1, observation));
            }
        }
    }

    [Fact]
    public void CartPole_can_start_from_another_range()
    {
        // gymnasium: env.reset(seed=123, options={"low": -0.1, "high": 0.1})
        using var environment = new CartPole();
        var observation = new float[4];
        environment.Reset(123, -0.1, 0.1, observation);

        Assert.Equal([0.03647037, -0.0892358, -0.05592803, -0.06312564], observation.Select(x => Math.Round(x, 8)));
    }

    [Fact]
    public void A_space_of_another_element_type_is_refused() =>
        Assert.Contains("the observations of this environment are Int32", Assert.Throws<ArgumentException>(() => new WrongType()).Message, StringComparison.Ordinal);

    [Fact]
    public void Instances_with_different_spaces_are_refused()
    {
        IEnvironment[] instances = [_registry.Make("CartPole-v1"), _registry.Make("MountainCar-v0")];

        Assert.Contains("instance 1 has", Assert.Throws<ArgumentException>(() => new ScalarVectorEnvironment(instances)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Observations_can_be_read_as_floats()
    {
        using IEnvironment environment = _registry.Make("Corridor-v0", Arguments.Parse("{\"starts\":[2]}"));
        var observation = new byte[8];
        environment.Reset(0, observation);

        Assert.Equal([2f, 10f], MemoryMarshal.Cast<byte, float>(observation.AsSpan()).ToArray());
    }

    private sealed class WrongType() : Environment<int>(new Krewe.Contracts.BoxSpace(0, 1, [1]), new Krewe.Contracts.DiscreteSpace(1))
    {
        public override StepResult Step(int action, Span<int> observation) => Continue();

        protected override void Reset(Span<int> observation) => observation.Clear();
    }
}
