using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The base class for environments with discrete actions. Pass the two spaces to the constructor, override
/// <see cref="EnvironmentBase{T}.Reset(Span{T})"/> and <see cref="Step(int, Span{T})"/>, and draw random numbers from
/// <see cref="EnvironmentBase{T}.Random"/>. Mark the class with <see cref="EnvironmentAttribute"/> to register its assembly by path.
/// </summary>
/// <typeparam name="T">
/// The element type of an observation: <see cref="float"/> or <see cref="byte"/> for a <see cref="BoxSpace"/>,
/// <see cref="int"/> for a <see cref="DiscreteSpace"/>.
/// </typeparam>
public abstract class Environment<T> : EnvironmentBase<T>, IEnvironment
    where T : unmanaged
{
    /// <summary>Creates an environment with the given spaces.</summary>
    /// <param name="observationSpace">The observation space; its element type is <typeparamref name="T"/>.</param>
    /// <param name="actionSpace">The action space.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not the element type of the observation space.</exception>
    protected Environment(Space observationSpace, DiscreteSpace actionSpace)
        : base(observationSpace, actionSpace)
    {
    }

    /// <summary>Takes one step.</summary>
    /// <param name="action">An action of <see cref="EnvironmentBase{T}.ActionSpace"/>.</param>
    /// <param name="observation">Receives the next observation, <see cref="Space.Length"/> elements. The method must write every element.</param>
    /// <returns>
    /// The reward and the flags, as created by <see cref="EnvironmentBase{T}.Continue"/> or <see cref="EnvironmentBase{T}.Terminate"/>.
    /// </returns>
    public abstract StepResult Step(int action, Span<T> observation);

    /// <inheritdoc/>
    void IEnvironment.Reset(ulong? seed, Span<byte> observation) => Reset(seed, MemoryMarshal.Cast<byte, T>(observation));

    /// <inheritdoc/>
    StepResult IEnvironment.Step(ReadOnlySpan<byte> action, Span<byte> observation) =>
        Step(MemoryMarshal.Read<int>(action), MemoryMarshal.Cast<byte, T>(observation));
}
