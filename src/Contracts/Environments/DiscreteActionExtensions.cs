using System.Runtime.InteropServices;

namespace Krewe.Contracts;

/// <summary>Steps environments with discrete actions, which are int32, without a cast to bytes at every call.</summary>
public static class DiscreteActionExtensions
{
    /// <summary>Takes one step.</summary>
    /// <param name="environment">An environment whose <see cref="IEnvironment.ActionSpace"/> is a <see cref="DiscreteSpace"/>.</param>
    /// <param name="action">An action of that space.</param>
    /// <param name="observation">Receives the next observation: <see cref="Space.ByteSize"/> bytes.</param>
    public static StepResult Step(this IEnvironment environment, int action, Span<byte> observation) =>
        environment.Step(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in action)), observation);

    /// <summary>Steps every instance once.</summary>
    /// <param name="environments">Environments whose <see cref="IVectorEnvironment.ActionSpace"/> is a <see cref="DiscreteSpace"/>.</param>
    /// <param name="actions">One zero-based action for each instance, [N].</param>
    /// <param name="result">Receives the results of the step.</param>
    public static void Step(this IVectorEnvironment environments, ReadOnlySpan<int> actions, in VectorStep result) =>
        environments.Step(MemoryMarshal.AsBytes(actions), in result);
}
