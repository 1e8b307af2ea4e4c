using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

public class CheckedEnvironmentTests
{
    private readonly EnvironmentRegistry _registry = new();

    public CheckedEnvironmentTests() => _registry.RegisterAssembly(typeof(Broken).Assembly);

    [Theory]
    [InlineData("not_a_number", "observation[17] is NaN")]
    [InlineData("infinity", "observation[17] is -Infinity")]
    [InlineData("infinite_reward", "reward is Infinity, expected a finite number")]
    [InlineData("never_written", "observation[18] is NaN or was never written")]
    [InlineData("too_many_elements", "Step threw IndexOutOfRangeException")]
    [InlineData("throws", "Step threw InvalidOperationException: the motor is on fire")]
    public void A_broken_contract_names_environment_step_and_field(string breakage, string said)
    {
        using IEnvironment environment = _registry.Make("Broken-v0", Arguments.Parse($"{{\"breakage\":\"{breakage}\"}}"));
        var observation = new byte[19 * 4];
        environment.Reset(0, observation);
        environment.Reset(0, observation);
        environment.Step(5, observation);
        environment.Step(6, observation);

        string message = Assert.Throws<EnvironmentFaultException>(() => environment.Step(5, observation)).Message;

        Assert.StartsWith("Broken-v0, step 3 of episode 2: ", message, StringComparison.Ordinal);
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_outside_the_bounds_of_its_box_is_refused_in_the_first_observations()
    {
        int steps = 0;
        using var environment = new CheckedEnvironment(new Leaving(() => ++steps), "Leaving-v0", CheckedEnvironment.BoundsCheckedObservations);
        var observation = new byte[8];
        environment.Reset(0, observation);
        environment.Step(0, observation);
        string message = Assert.Throws<EnvironmentFaultException>(() => environment.Step(0, observation)).Message;
        Assert.StartsWith("Leaving-v0, step 2 of episode 1: observation[1] is 1.5, expected -1 to 1", message, StringComparison.Ordinal);

        steps = int.MinValue;
        for (int i = 0; i < CheckedEnvironment.BoundsCheckedObservations; i++)
        {
            environment.Step(0, observation);
        }

        steps = 1;
        environment.Step(0, observation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_the_option_every_observation_of_a_run_is_held_to_the_bounds_of_its_box(bool checkBounds)
    {
        // The 8 instances of the actor leave their box for some steps after their first 1,000 observations.
        int step = 0;
        var registry = new EnvironmentRegistry();
        registry.Register(new EnvironmentRegistration
        {
            Id = "Leaving-v0",
            ChecksBounds = true,
            Create = _ => new Leaving(() => Interlocked.Increment(ref step) is > 8_100 and < 8_200 ? 2 : 1),
        });
        TrainingOptions options = Sessions.Small("Leaving-v0", steps: 10_000);
        options.Environment.CheckBounds = checkBounds;
        options.Evaluation.Interval = 1_000_000;
        options.Evaluation.MaxEpisodeSteps = 10;
        using var session = new TrainingSession(options, registry);
        if (checkBounds)
        {
            var fault = await Assert.ThrowsAsync<EnvironmentFaultException>(() => Sessions.Start(session));
            Assert.Contains("is 1.5, expected -1 to 1", fault.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(10_000, (await Sessions.Start(session)).EnvironmentSteps);
        }
    }

    /// <summary>Leaves its box from the second step on.</summary>
    private sealed class Leaving(Func<int> step) : Environment<float>(new BoxSpace(-1, 1, [2]), new DiscreteSpace(1))
    {
        public override StepResult Step(int action, Span<float> observation)
        {
            observation[0] = -1;
            observation[1] = step() >= 2 ? 1.5f : 1;
            return Continue(0);
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }

    [Theory]
    [InlineData("{}", 3, "observation is 3, expected 0 to 2 of Discrete(3)")]
    [InlineData("{\"silent\":true}", 1, "observation was never written, expected 0 to 2")]
    public void An_index_outside_its_space_is_refused(string kwargs, int step, string said)
    {
        using IVectorEnvironment environment = _registry.MakeVector("BrokenIndex-v0", 2, Arguments.Parse(kwargs));
        var buffers = new VectorBuffers(environment);
        buffers.Reset(0);
        for (int i = 1; i < step; i++)
        {
            buffers.Step([0, 0]);
        }

        string message = Assert.Throws<EnvironmentFaultException>(() => buffers.Step([0, 0])).Message;
        Assert.Equal($"BrokenIndex-v0, instance 0, step {step} of episode 1: ", message[..message.IndexOf("observation", StringComparison.Ordinal)]);
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(int.MinValue)]
    public void An_action_out_of_range_never_reaches_the_environment(int action)
    {
        using IEnvironment environment = _registry.Make("Broken-v0");
        var observation = new byte[19 * 4];
        environment.Reset(0, observation);

        string message = Assert.Throws<EnvironmentFaultException>(() => environment.Step(action, observation)).Message;

        Assert.Equal($"Broken-v0, step 1 of episode 1: action {action} is outside Discrete(2, start=5): expected 5 to 6", message);
    }

    [Theory]
    [InlineData(float.NaN, 2_000, "action[1] is NaN, expected 2 finite numbers of Box(-1, 1, (2,), float32)")]
    [InlineData(float.NegativeInfinity, 0, "action[1] is -Infinity, expected 2 finite numbers")]
    [InlineData(1.5f, 0, "action[1] is 1.5, expected -1 to 1, the bounds of the action space: clip the action or widen the space")]
    [InlineData(1.5f, 2_000, null)]
    public void A_continuous_action_must_be_finite_and_at_first_within_its_bounds(float value, int after, string? said)
    {
        using IEnvironment environment = _registry.Make("Push-v0", Arguments.Parse("{\"max_episode_steps\":-1}"));
        var observation = new byte[8];
        environment.Reset(0, observation);
        for (int i = 0; i < after; i++)
        {
            environment.Step(MemoryMarshal.AsBytes((ReadOnlySpan<float>)[0, 0]), observation);
        }

        Exception? error = Record.Exception(() => environment.Step(MemoryMarshal.AsBytes((ReadOnlySpan<float>)[0, value]), observation));
        if (said is null)
        {
            Assert.Null(error);
        }
        else
        {
            string message = Assert.IsType<EnvironmentFaultException>(error).Message;
            Assert.StartsWith($"Push-v0, step {after + 1} of episode 1: {said}", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_action_of_another_size_is_refused()
    {
        using IEnvironment environment = _registry.Make("Push-v0");
        environment.Reset(0, new byte[8]);

        string message = Assert.Throws<ArgumentException>(() => environment.Step(new byte[4].AsSpan(), new byte[8])).Message;
        Assert.Equal("Push-v0: the action has 4 bytes, expected 8 (Box(-1, 1, (2,), float32))", message);
    }

    [Fact]
    public void A_step_before_the_first_reset_is_refused()
    {
        using IEnvironment environment = _registry.Make("Pixels-v0");

        Assert.Contains("before the first Reset", Assert.Throws<EnvironmentFaultException>(() => environment.Step(0, new byte[4])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_of_another_size_is_refused()
    {
        using IEnvironment environment = _registry.Make("Pixels-v0");

        Assert.Contains("3 bytes", Assert.Throws<ArgumentException>(() => environment.Reset(0, new byte[3])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("Acrobot-v1")]
    [InlineData("Taxi-v4")]
    public void Checking_allocates_nothing(string id)
    {
        using IEnvironment environment = EnvironmentRegistry.CreateDefault().Make(id, Arguments.Parse("{\"max_episode_steps\":20}"));
        var observation = new byte[environment.ObservationSpace.ByteSize];
        environment.Reset(0, observation);
        Run(200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(200);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                StepResult step = environment.Step(i % 2, observation);
                if (step.Terminated || step.Truncated)
                {
                    environment.Reset(null, observation);
                }
            }
        }
    }

    [Fact]
    public void Non_finite_values_are_found_at_every_place()
    {
        var values = new float[37];
        Assert.Equal(-1, FiniteIndex(values));
        for (int i = 0; i < values.Length; i++)
        {
            foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity, -float.NaN])
            {
                values[i] = bad;
                Assert.Equal(i, FiniteIndex(values));
            }

            values[i] = i % 2 == 0 ? float.MaxValue : float.Epsilon;
        }

        // Through the public API: an environment that copies what it is given.
        static int FiniteIndex(float[] values)
        {
            using var environment = new CheckedEnvironment(new Echo(values), "Echo");
            try
            {
                environment.Reset(0, MemoryMarshal.AsBytes(new float[values.Length].AsSpan()));
                return -1;
            }
            catch (EnvironmentFaultException e)
            {
                return int.Parse(e.Message.Split('[', ']')[1], System.Globalization.CultureInfo.InvariantCulture);
            }
        }
    }

    private sealed class Echo(float[] values)
        : Environment<float>(new Krewe.Contracts.BoxSpace(-1, 1, [values.Length]), new Krewe.Contracts.DiscreteSpace(1))
    {
        public override StepResult Step(int action, Span<float> observation) => Continue();

        protected override void Reset(Span<float> observation) => values.CopyTo(observation);
    }
}
