using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

public class NativeVectorTests
{
    /// <summary>
    /// Both are stepped with the same actions; after every step the scalar states are set to the vector's, because a pendulum
    /// doubles a difference in the last bit within a few steps.
    /// </summary>
    [Theory]
    [InlineData("CartPole-v1", 1, 600, "{}")]
    [InlineData("CartPole-v1", 8, 100, "{}")]
    [InlineData("CartPole-v1", 21, 1200, "{\"sutton_barto_reward\": true, \"max_episode_steps\": 12}")]
    [InlineData("MountainCar-v0", 13, 450, "{}")]
    [InlineData("MountainCar-v0", 16, 450, "{\"goal_velocity\": 0.03, \"max_episode_steps\": -1}")]
    [InlineData("Acrobot-v1", 11, 1100, "{}")]
    public void Steps_as_scalar_environments_side_by_side(string id, int count, int steps, string kwargs)
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        using var native = (IStatefulVectorEnvironment)registry.MakeVector(id, count, Arguments.Parse(kwargs));
        IEnvironment[] instances = [.. Enumerable.Range(0, count).Select(_ => registry.Make(id, Arguments.Parse(kwargs)))];
        using var scalar = new ScalarVectorEnvironment(instances);
        (VectorBuffers a, VectorBuffers b) = (new(native), new(scalar));
        a.Reset(7);
        b.Reset(7);
        Assert.Equal(b.ObservationBytes, a.ObservationBytes);

        var policy = new Random(1);
        var actions = new int[count];
        (int terminations, int truncations) = (0, 0);
        for (int step = 0; step < steps; step++)
        {
            ChooseActions(id, a, actions, policy);
            a.Step(actions);
            b.Step(actions);
            Assert.Equal(b.Rewards, a.Rewards);
            Assert.Equal(b.Terminated, a.Terminated);
            Assert.Equal(b.Truncated, a.Truncated);
            AssertWithinOneUlp(b.Observations, a.Observations);
            AssertWithinOneUlp(b.Finals, a.Finals);
            terminations += a.Terminated.Sum(x => x);
            truncations += a.Truncated.Sum(x => x);
            CompareAndAlignStates(native, instances, id == "Acrobot-v1" ? 1e-10 : 1e-12);
        }

        Assert.True(terminations + truncations > 0, "no episode ended: the automatic reset was not tested");
        if (kwargs.Contains("12", StringComparison.Ordinal))
        {
            Assert.True(terminations > 0 && truncations > 0);
        }
    }

    [Fact]
    public void Terminating_at_the_limit_sets_both_flags()
    {
        using IVectorEnvironment native = EnvironmentRegistry.CreateDefault()
            .MakeVector("CartPole-v1", 9, Arguments.Parse("{\"max_episode_steps\": 1}"));
        var buffers = new VectorBuffers(native);
        buffers.Reset(1);
        ((IStatefulVectorEnvironment)native).SetState(3, [0, 0, 0.3, 0]);
        buffers.Step(new int[9]);

        Assert.All(buffers.Truncated, x => Assert.Equal(1, x));
        Assert.Equal([0, 0, 0, 1, 0, 0, 0, 0, 0], buffers.Terminated);
        Assert.Equal(0.3f, buffers.Finals[(3 * 4) + 2]);
        Assert.InRange(buffers.Observations[(3 * 4) + 2], -0.05f, 0.05f);
    }

    [Fact]
    public void A_pole_far_from_upright_is_stepped_correctly()
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        using IVectorEnvironment native = registry.MakeVector("CartPole-v1", 9);
        using IEnvironment scalar = registry.Make("CartPole-v1");
        var observation = new byte[16];
        scalar.Reset(0, observation);
        var buffers = new VectorBuffers(native);
        foreach (double angle in (double[])[0.8, -1.7, 3.1, -6.5, 40, 1234.5])
        {
            buffers.Reset(0);
            double[] state = [0.1, -0.2, angle, 0.3];
            for (int i = 0; i < 9; i++)
            {
                ((IStatefulVectorEnvironment)native).SetState(i, state);
            }

            scalar.Find<IStatefulEnvironment>()!.SetState(state);
            scalar.Step(1, observation);
            buffers.Step([1, 1, 1, 1, 1, 1, 1, 1, 1]);
            for (int i = 0; i < 9; i++)
            {
                Assert.Equal(observation, buffers.FinalBytes[(i * 16)..((i * 16) + 16)]);
            }
        }
    }

    [Theory]
    [InlineData("CartPole-v1", 2)]
    [InlineData("MountainCar-v0", -1)]
    [InlineData("Acrobot-v1", 3)]
    [InlineData("Taxi-v4", 6)]
    public void An_action_out_of_range_is_refused_by_name(string id, int action)
    {
        using IVectorEnvironment environment = EnvironmentRegistry.CreateDefault().MakeVector(id, 11);
        var buffers = new VectorBuffers(environment);
        buffers.Reset(0);
        var actions = new int[11];
        actions[9] = action;

        string message = Assert.Throws<EnvironmentFaultException>(() => buffers.Step(actions)).Message;

        Assert.Contains($"{id}, instance 9", message, StringComparison.Ordinal);
        Assert.Contains($"action {action} is outside {environment.ActionSpace}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_before_the_first_reset_is_refused()
    {
        using IVectorEnvironment environment = EnvironmentRegistry.CreateDefault().MakeVector("CartPole-v1", 3);

        Assert.Contains(
            "before the first Reset",
            Assert.Throws<EnvironmentFaultException>(() => new VectorBuffers(environment).Step(new int[3])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("MountainCar-v0")]
    [InlineData("Acrobot-v1")]
    [InlineData("Taxi-v4")]
    [InlineData("FrozenLake-v1")]
    public void Stepping_and_resetting_allocate_nothing(string id)
    {
        using IVectorEnvironment environment = EnvironmentRegistry.CreateDefault().MakeVector(id, 37);
        var buffers = new VectorBuffers(environment);
        buffers.Reset(0);
        var actions = new int[37];
        Run(300);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(300);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                actions.AsSpan().Fill(i % ((DiscreteSpace)environment.ActionSpace).N);
                buffers.Step(actions);
            }
        }
    }

    // Good enough to end episodes: rocking the car, pumping the acrobot, catching the pole now and then.
    private static void ChooseActions(string id, VectorBuffers buffers, int[] actions, Random policy)
    {
        int length = buffers.Observations.Length / actions.Length;
        for (int i = 0; i < actions.Length; i++)
        {
            Span<float> o = buffers.Observations.Slice(i * length, length);
            bool random = policy.Next(8) == 0;
            actions[i] = id switch
            {
                "CartPole-v1" => i % 3 == 0 || random ? policy.Next(2) : (3 * o[2]) + o[3] + (0.1f * o[0]) + (0.2f * o[1]) > 0 ? 1 : 0,
                "MountainCar-v0" => random ? policy.Next(3) : o[1] >= 0 ? 2 : 0,
                _ => random ? policy.Next(3) : o[4] >= 0 ? 0 : 2,
            };
        }
    }

    private static void CompareAndAlignStates(IStatefulVectorEnvironment native, IEnvironment[] instances, double tolerance)
    {
        Span<double> expected = stackalloc double[native.StateLength];
        Span<double> got = stackalloc double[native.StateLength];
        for (int i = 0; i < instances.Length; i++)
        {
            IStatefulEnvironment instance = instances[i].Find<IStatefulEnvironment>()!;
            instance.GetState(expected);
            native.GetState(i, got);
            for (int v = 0; v < got.Length; v++)
            {
                Assert.InRange(Math.Abs(expected[v] - got[v]), 0, Math.Max(tolerance / 100, tolerance * Math.Abs(expected[v])));
            }

            instance.SetState(got);
        }
    }

    private static void AssertWithinOneUlp(ReadOnlySpan<float> expected, ReadOnlySpan<float> got)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                expected[i] == got[i] || MathF.BitIncrement(expected[i]) == got[i] || MathF.BitDecrement(expected[i]) == got[i],
                $"element {i}: expected {expected[i]:R}, got {got[i]:R}");
        }
    }
}
