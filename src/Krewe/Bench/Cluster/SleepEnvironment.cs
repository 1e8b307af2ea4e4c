using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Cli;

/// <summary>An environment that only takes time, like a simulator that waits for I/O: 10 ms per step.</summary>
[Environment("Sleep-v0", MaxEpisodeSteps = 1000)]
public sealed class SleepEnvironment() : Environment<float>(new BoxSpace(low: 0, high: 1, shape: [4]), new DiscreteSpace(2))
{
    /// <summary>Milliseconds per step.</summary>
    public const int StepMilliseconds = 10;

    /// <inheritdoc/>
    public override StepResult Step(int action, Span<float> observation)
    {
        Thread.Sleep(StepMilliseconds);
        observation.Fill(0.5f);
        return Continue(reward: 1);
    }

    /// <inheritdoc/>
    protected override void Reset(Span<float> observation) => observation.Clear();
}
