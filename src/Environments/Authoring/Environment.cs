using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The base class for environments. Pass the two spaces to the constructor, override <see cref="Reset(Span{T})"/> and
/// <see cref="Step(int, Span{T})"/>, and draw random numbers from <see cref="Random"/>. Mark the class with
/// <see cref="EnvironmentAttribute"/> to register its assembly by path.
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
public abstract class Environment<T> : IEnvironment
    where T : unmanaged
{
    /// <summary>Creates an environment with the given spaces.</summary>
    /// <param name="observationSpace">The observation space; its element type is <typeparamref name="T"/>.</param>
    /// <param name="actionSpace">The action space.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not the element type of the observation space.</exception>
    protected Environment(Space observationSpace, DiscreteSpace actionSpace)
    {
        ElementType expected = typeof(T) == typeof(float) ? ElementType.Float32
            : typeof(T) == typeof(byte) ? ElementType.UInt8
            : typeof(T) == typeof(int) ? ElementType.Int32
            : throw new ArgumentException($"{typeof(T).Name} is not an element type: use float, byte or int", nameof(observationSpace));
        if (observationSpace.ElementType != expected)
        {
            throw new ArgumentException(
                $"{observationSpace} holds {observationSpace.ElementType} elements, but this is an Environment<{typeof(T).Name}>",
                nameof(observationSpace));
        }

        ObservationSpace = observationSpace;
        ActionSpace = actionSpace;
        Random = new Pcg64(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    }

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public DiscreteSpace ActionSpace { get; }

    /// <summary>The environment's random number generator. Its stream is that of NumPy's <c>default_rng(seed)</c>.</summary>
    protected Pcg64 Random { get; }

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

    /// <summary>Takes one step.</summary>
    /// <param name="action">An action of <see cref="ActionSpace"/>.</param>
    /// <param name="observation">Receives the next observation, <see cref="Space.Length"/> elements. The method must write every element.</param>
    /// <returns>The reward and the flags, as created by <see cref="Continue"/> or <see cref="Terminate"/>.</returns>
    public abstract StepResult Step(int action, Span<T> observation);

    /// <inheritdoc/>
    void IEnvironment.Reset(ulong? seed, Span<byte> observation) => Reset(seed, MemoryMarshal.Cast<byte, T>(observation));

    /// <inheritdoc/>
    StepResult IEnvironment.Step(int action, Span<byte> observation) => Step(action, MemoryMarshal.Cast<byte, T>(observation));

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
