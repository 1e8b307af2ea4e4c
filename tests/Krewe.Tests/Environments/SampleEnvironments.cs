using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

/// <summary>A user's environment as the documentation shows it: walk right to the end of a corridor.</summary>
[Environment("Corridor-v0", MaxEpisodeSteps = 50, RewardThreshold = 0.9)]
public sealed class Corridor(int length = 10, bool stepCost = false, string label = "", double[]? starts = null)
    : Environment<float>(new BoxSpace(0, length, [2]), new DiscreteSpace(2))
{
    private int _position;

    public string Label => label;

    protected override void Reset(Span<float> observation)
    {
        _position = starts is null ? Random.NextInt(length / 2) : (int)starts[0];
        Observe(observation);
    }

    public override StepResult Step(int action, Span<float> observation)
    {
        _position = Math.Max(_position + (action == 1 ? 1 : -1), 0);
        Observe(observation);
        return _position >= length ? Terminate(reward: 1) : Continue(stepCost ? -0.1 : 0);
    }

    private void Observe(Span<float> observation) => (observation[0], observation[1]) = (_position, length);
}

/// <summary>The way in which an environment breaks its contract.</summary>
public enum Breakage
{
    None,
    NotANumber,
    Infinity,
    InfiniteReward,
    NeverWritten,
    TooManyElements,
    Throws,
}

/// <summary>Breaks its contract in its third step.</summary>
[Environment("Broken-v0")]
public sealed class Broken(Breakage breakage = Breakage.None) : Environment<float>(new BoxSpace(-1, 1, [19]), new DiscreteSpace(2, start: 5))
{
    private int _step;

    protected override void Reset(Span<float> observation)
    {
        _step = 0;
        observation.Clear();
    }

    public override StepResult Step(int action, Span<float> observation)
    {
        bool now = ++_step == 3;
        int written = now && breakage == Breakage.NeverWritten ? 18 : now && breakage == Breakage.TooManyElements ? 20 : 19;
        for (int i = 0; i < written; i++)
        {
            observation[i] = 0;
        }

        if (now && breakage is Breakage.NotANumber or Breakage.Infinity)
        {
            observation[17] = breakage == Breakage.NotANumber && now ? float.NaN : now ? float.NegativeInfinity : 0;
        }

        return now && breakage == Breakage.Throws ? throw new InvalidOperationException("the motor is on fire")
            : Continue(now && breakage == Breakage.InfiniteReward ? double.PositiveInfinity : 0);
    }
}

/// <summary>Leaves its discrete space in its third step, or never writes its observation.</summary>
[Environment("BrokenIndex-v0")]
public sealed class BrokenIndex(bool silent = false) : Environment<int>(new DiscreteSpace(3), new DiscreteSpace(1))
{
    private int _state;

    protected override void Reset(Span<int> observation) => observation[0] = _state = 0;

    public override StepResult Step(int action, Span<int> observation)
    {
        if (!silent)
        {
            observation[0] = ++_state;
        }

        return Continue();
    }
}

/// <summary>Observes bytes, to show that images work.</summary>
[Environment("Pixels-v0", MaxEpisodeSteps = 2)]
public sealed class Pixels() : Environment<byte>(new BoxSpace(0, 255, [2, 2], ElementType.UInt8), new DiscreteSpace(2))
{
    protected override void Reset(Span<byte> observation) => observation.Clear();

    public override StepResult Step(int action, Span<byte> observation)
    {
        observation.Fill((byte)(200 + action));
        return Terminate(1);
    }
}

/// <summary>Continuous actions: a force moves a point, which is to come near 0.</summary>
[Environment("Push-v0", MaxEpisodeSteps = 20)]
public sealed class Push(int dimensions = 2)
    : ContinuousEnvironment<float>(new BoxSpace(-100, 100, [dimensions]), new BoxSpace(-1, 1, [dimensions]))
{
    private readonly float[] _position = new float[dimensions];

    public override StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        float distance = 0;
        for (int i = 0; i < dimensions; i++)
        {
            _position[i] += action[i];
            distance = Math.Max(distance, Math.Abs(_position[i]));
        }

        _position.CopyTo(observation);
        return distance < 0.5f ? Terminate(-distance) : Continue(-distance);
    }

    protected override void Reset(Span<float> observation)
    {
        foreach (ref float position in _position.AsSpan())
        {
            position = (float)Random.NextUniform(-2, 2);
        }

        _position.CopyTo(observation);
    }
}
