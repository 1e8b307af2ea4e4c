using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Checks the arguments of a vector environment's step, once per step for all instances.</summary>
internal static class VectorStepCheck
{
    /// <summary>Throws when a span does not cover all instances.</summary>
    public static void Sizes(IVectorEnvironment environment, ReadOnlySpan<byte> actions, in VectorStep result)
    {
        int count = environment.Count;
        int bytes = count * environment.ObservationSpace.ByteSize;
        int actionBytes = count * environment.ActionSpace.ByteSize;
        if (actions.Length != actionBytes || result.Observations.Length != bytes || result.FinalObservations.Length != bytes
            || result.Rewards.Length != count || result.Terminated.Length != count || result.Truncated.Length != count)
        {
            throw new ArgumentException(
                $"{count} instances of {environment.ObservationSpace} and {environment.ActionSpace} need {count} rewards and flags, {actionBytes} bytes of actions and {bytes} bytes of observations; "
                + $"given {actions.Length} bytes of actions, {result.Rewards.Length} rewards, {result.Terminated.Length} and {result.Truncated.Length} flags, "
                + $"{result.Observations.Length} and {result.FinalObservations.Length} bytes");
        }
    }

    /// <summary>Throws when an action is outside its space.</summary>
    public static void Actions(string id, long step, DiscreteSpace space, ReadOnlySpan<int> actions)
    {
        int last = space.Start + space.N - 1;
        int index = actions.IndexOfAnyExceptInRange(space.Start, last);
        if (index >= 0)
        {
            throw new EnvironmentFaultException(
                $"{id}, instance {index}, step {step}: action {actions[index]} is outside {space}: expected {space.Start} to {last}");
        }
    }
}
