using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The shortest way to write an environment: name the two spaces, override <see cref="Reset(Span{T})"/> and
/// <see cref="Step(int, Span{T})"/>, draw random numbers from <see cref="Random"/>. Declare it with
/// <see cref="EnvironmentAttribute"/> and its assembly can be registered by path.
/// </summary>
/// <remarks>
/// Seeding is Gymnasium's: a reset with a seed starts the stream again, a reset without one goes on with it, and an environment
/// that was never seeded has a random stream. A time limit, checks of what comes out, and automatic resets are added around it.
/// One caller at a time.
/// </remarks>
/// <typeparam name="T">
/// The type of one element of an observation: <see cref="float"/> or <see cref="byte"/> for a <see cref="BoxSpace"/>,
/// <see cref="int"/> for a <see cref="DiscreteSpace"/>.
/// </typeparam>
public abstract class Environment<T> : IEnvironment
    where T : unmanaged
{
    /// <summary>Sets the spaces.</summary>
    /// <param name="observationSpace">The space of observations; its element type is <typeparamref name="T"/>.</param>
    /// <param name="actionSpace">The space of actions.</param>
    /// <exception cref="ArgumentException">The space holds elements of another type than <typeparamref name="T"/>.</exception>
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

    /// <summary>Takes one step.</summary>
    /// <param name="action">An action of <see cref="ActionSpace"/>.</param>
    /// <param name="observation">Receives the next observation, <see cref="Space.Length"/> elements: write every one.</param>
    /// <returns>Reward and flags: <see cref="Continue"/> or <see cref="Terminate"/> say them shortest.</returns>
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
