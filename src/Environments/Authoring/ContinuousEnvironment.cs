using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The base class for environments with continuous actions: as <see cref="Environment{T}"/>, but an action is a vector of float32.
/// </summary>
/// <typeparam name="T">
/// The element type of an observation: <see cref="float"/> or <see cref="byte"/> for a <see cref="BoxSpace"/>,
/// <see cref="int"/> for a <see cref="DiscreteSpace"/>.
/// </typeparam>
public abstract class ContinuousEnvironment<T> : EnvironmentBase<T>, IEnvironment
    where T : unmanaged
{
    /// <summary>Creates an environment with the given spaces.</summary>
    /// <param name="observationSpace">The observation space; its element type is <typeparamref name="T"/>.</param>
    /// <param name="actionSpace">The action space, a box of float32.</param>
    /// <exception cref="ArgumentException">
    /// <typeparamref name="T"/> is not the element type of the observation space, or the actions are not float32.
    /// </exception>
    protected ContinuousEnvironment(Space observationSpace, BoxSpace actionSpace)
        : base(observationSpace, actionSpace)
    {
        if (actionSpace.ElementType != ElementType.Float32)
        {
            throw new ArgumentException($"the actions are {actionSpace}, expected a box of float32", nameof(actionSpace));
        }
    }

    /// <summary>Takes one step.</summary>
    /// <param name="action">An action of <see cref="EnvironmentBase{T}.ActionSpace"/>, <see cref="Space.Length"/> finite numbers.</param>
    /// <param name="observation">Receives the next observation, <see cref="Space.Length"/> elements. The method must write every element.</param>
    /// <returns>
    /// The reward and the flags, as created by <see cref="EnvironmentBase{T}.Continue"/> or <see cref="EnvironmentBase{T}.Terminate"/>.
    /// </returns>
    public abstract StepResult Step(ReadOnlySpan<float> action, Span<T> observation);

    /// <inheritdoc/>
    void IEnvironment.Reset(ulong? seed, Span<byte> observation) => Reset(seed, MemoryMarshal.Cast<byte, T>(observation));

    /// <inheritdoc/>
    StepResult IEnvironment.Step(ReadOnlySpan<byte> action, Span<byte> observation) =>
        Step(MemoryMarshal.Cast<byte, float>(action), MemoryMarshal.Cast<byte, T>(observation));
}
