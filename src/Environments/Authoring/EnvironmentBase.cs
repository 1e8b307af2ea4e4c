using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The common base of <see cref="Environment{T}"/> and <see cref="ContinuousEnvironment{T}"/>: the spaces, seeding, and the results of a step.
/// </summary>
/// <remarks>
/// Seeding follows Gymnasium: a reset with a seed restarts the random stream, a reset without one continues it, and an environment
/// that is never seeded starts from a random seed. The registry adds the time limit, the checks and the automatic resets.
/// Not thread-safe.
/// </remarks>
/// <typeparam name="T">
/// The element type of an observation: <see cref="float"/> or <see cref="byte"/> for a <see cref="BoxSpace"/>,
/// <see cref="int"/> for a <see cref="DiscreteSpace"/>.
/// </typeparam>
public abstract class EnvironmentBase<T> : IDisposable, ISeeded
    where T : unmanaged
{
    private protected EnvironmentBase(Space observationSpace, Space actionSpace)
    {
        ElementType expected = typeof(T) == typeof(float) ? ElementType.Float32
            : typeof(T) == typeof(byte) ? ElementType.UInt8
            : typeof(T) == typeof(int) ? ElementType.Int32
            : throw new ArgumentException($"{typeof(T).Name} is not an element type: use float, byte or int", nameof(observationSpace));
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

    /// <summary>The observation space.</summary>
    public Space ObservationSpace { get; }

    /// <summary>The action space.</summary>
    public Space ActionSpace { get; }

    /// <summary>The environment's random number generator. Its stream is that of NumPy's <c>default_rng(seed)</c>.</summary>
    protected Pcg64 Random { get; }

    Pcg64 ISeeded.Random => Random;

    /// <summary>Starts an episode, after reseeding if a seed is given.</summary>
    /// <param name="seed">The seed; null continues the current random stream.</param>
    /// <param name="observation">Receives the initial observation, <see cref="Space.Length"/> elements.</param>
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
    /// <param name="observation">Receives the initial observation, <see cref="Space.Length"/> elements. The method must write every element.</param>
    protected abstract void Reset(Span<T> observation);

    /// <summary>Creates the result of a step after which the episode continues.</summary>
    /// <param name="reward">The reward of this step.</param>
    protected static StepResult Continue(double reward = 0) => new(reward, Terminated: false, Truncated: false);

    /// <summary>Creates the result of a step that reaches a terminal state.</summary>
    /// <param name="reward">The reward of this step.</param>
    protected static StepResult Terminate(double reward = 0) => new(reward, Terminated: true, Truncated: false);

    /// <summary>Releases the environment's resources. The default implementation does nothing.</summary>
    /// <param name="disposing">True when called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
