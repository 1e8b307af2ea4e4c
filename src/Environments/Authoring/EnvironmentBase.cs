using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// What <see cref="Environment{T}"/> and <see cref="ContinuousEnvironment{T}"/> share: the spaces, seeding, and the results of a step.
/// </summary>
/// <remarks>
/// Seeding is Gymnasium's: a reset with a seed restarts the random stream, a reset without one continues it, and an environment
/// that was never seeded has a random stream. A time limit, checks and automatic resets are added around the environment.
/// Not thread-safe.
/// </remarks>
/// <typeparam name="T">
/// The type of one element of an observation: <see cref="float"/> or <see cref="byte"/> for a <see cref="BoxSpace"/>,
/// <see cref="int"/> for a <see cref="DiscreteSpace"/>.
/// </typeparam>
public abstract class EnvironmentBase<T> : IDisposable
    where T : unmanaged
{
    private protected EnvironmentBase(Space observationSpace, Space actionSpace)
    {
        ElementType expected = typeof(T) == typeof(float) ? ElementType.Float32
            : typeof(T) == typeof(byte) ? ElementType.UInt8
            : typeof(T) == typeof(int) ? ElementType.Int32
            : throw new ArgumentException($"{typeof(T).Name} is no element type: use float, byte or int", nameof(observationSpace));
        if (observationSpace.ElementType != expected)
        {
            throw new ArgumentException(
                $"{observationSpace} holds {observationSpace.ElementType} elements, but the observations of this environment are {typeof(T).Name}",
                nameof(observationSpace));
        }

        ObservationSpace = observationSpace;
        ActionSpace = actionSpace;
        Random = new Pcg64(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    }

    /// <summary>The space of observations.</summary>
    public Space ObservationSpace { get; }

    /// <summary>The space of actions.</summary>
    public Space ActionSpace { get; }

    /// <summary>The environment's own random numbers, the stream of NumPy's <c>default_rng(seed)</c>.</summary>
    protected Pcg64 Random { get; }

    /// <summary>Seeds, if a seed is given, and starts an episode.</summary>
    /// <param name="seed">The seed; null continues the current random stream.</param>
    /// <param name="observation">Receives the first observation, <see cref="Space.Length"/> elements.</param>
    public void Reset(ulong? seed, Span<T> observation)
    {
        if (seed is { } value)
        {
            Random.Seed(value);
        }

        Reset(observation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts an episode.</summary>
    /// <param name="observation">Receives the first observation, <see cref="Space.Length"/> elements: write every one.</param>
    protected abstract void Reset(Span<T> observation);

    /// <summary>The episode goes on.</summary>
    /// <param name="reward">The reward of this step.</param>
    protected static StepResult Continue(double reward = 0) => new(reward, Terminated: false, Truncated: false);

    /// <summary>The task ended: the state has no future.</summary>
    /// <param name="reward">The reward of this step.</param>
    protected static StepResult Terminate(double reward = 0) => new(reward, Terminated: true, Truncated: false);

    /// <summary>Frees what the environment holds; most hold nothing.</summary>
    /// <param name="disposing">True when called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
