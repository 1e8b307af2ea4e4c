using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Truncates an episode after a number of steps, like Gymnasium's wrapper of the same name: the last step is truncated even if it
/// terminates the episode too.
/// </summary>
public sealed class TimeLimit : IEnvironmentWrapper
{
    /// <summary>Wraps an environment.</summary>
    /// <param name="inner">The environment; disposed with the wrapper.</param>
    /// <param name="maxEpisodeSteps">Number of steps after which an episode is truncated, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxEpisodeSteps"/> is below 1.</exception>
    public TimeLimit(IEnvironment inner, int maxEpisodeSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEpisodeSteps, 1);
        Inner = inner;
        MaxEpisodeSteps = maxEpisodeSteps;
    }

    /// <inheritdoc/>
    public IEnvironment Inner { get; }

    /// <summary>Number of steps after which an episode is truncated.</summary>
    public int MaxEpisodeSteps { get; }

    /// <summary>Steps of the running episode.</summary>
    internal int Elapsed { get; set; }

    /// <inheritdoc/>
    public Space ObservationSpace => Inner.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => Inner.ActionSpace;

    /// <inheritdoc/>
    public void Reset(ulong? seed, Span<byte> observation)
    {
        Elapsed = 0;
        Inner.Reset(seed, observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<byte> action, Span<byte> observation)
    {
        StepResult result = Inner.Step(action, observation);
        return ++Elapsed >= MaxEpisodeSteps ? result with { Truncated = true } : result;
    }

    /// <inheritdoc/>
    public void Dispose() => Inner.Dispose();
}
