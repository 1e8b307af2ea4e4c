using Krewe.Contracts;
using Krewe.Environments;

namespace CustomEnvironment;

/// <summary>
/// A corridor with a random start: walk to the right end. Actions: left (0), right (1). The reward is -0.1 per step and 1 at the end.
/// </summary>
/// <param name="length">Number of cells; a keyword argument: <c>--set environment.kwargs.length=20</c>.</param>
[Environment("Corridor-v0", MaxEpisodeSteps = 100, RewardThreshold = 0)]
public sealed class Corridor(int length = 12) : Environment<float>(new BoxSpace(low: 0, high: 1, shape: [1]), new DiscreteSpace(2)), IStatefulEnvironment
{
    private int _cell;

    /// <inheritdoc/>
    public int StateLength => 1;

    /// <inheritdoc/>
    public override StepResult Step(int action, Span<float> observation)
    {
        _cell = Math.Max(0, _cell + (action == 1 ? 1 : -1));
        observation[0] = (float)_cell / (length - 1);
        return _cell == length - 1 ? Terminate(reward: 1) : Continue(reward: -0.1);
    }

    /// <inheritdoc/>
    public void GetState(Span<double> state) => state[0] = _cell;

    /// <inheritdoc/>
    public void SetState(ReadOnlySpan<double> state) => _cell = (int)state[0];

    /// <inheritdoc/>
    protected override void Reset(Span<float> observation)
    {
        _cell = Random.NextInt(length - 1);
        observation[0] = (float)_cell / (length - 1);
    }
}
