using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The dynamics of one environment for <see cref="LaneVectorEnvironment{TKernel}"/>. Implementations are structs, so that the JIT
/// inlines them into the loop. State variable v of instance i is at state[v * stride + i]; observations are float32, row-major.
/// </summary>
internal interface ILaneKernel
{
    /// <summary>The observation space of one instance.</summary>
    static abstract BoxSpace ObservationSpace { get; }

    /// <summary>The action space of one instance.</summary>
    static abstract DiscreteSpace ActionSpace { get; }

    /// <summary>Number of doubles in the state of one instance.</summary>
    static abstract int StateLength { get; }

    /// <summary>Reward of a step that does not terminate.</summary>
    float StepReward { get; }

    /// <summary>Reward of a step that terminates.</summary>
    float TerminalReward { get; }

    /// <summary>Steps one instance per lane.</summary>
    /// <param name="state">The first instance's first state variable.</param>
    /// <param name="stride">Doubles from one state variable to the next.</param>
    /// <param name="actions">The first instance's action.</param>
    /// <param name="observations">Receives the observations, starting with the first instance's.</param>
    /// <returns>One bit per instance, set if it terminated; the first instance has the lowest bit.</returns>
    uint Step<T>(ref double state, int stride, ref readonly int actions, ref float observations)
        where T : struct, ILanes<T>;

    /// <summary>Starts an episode of one instance, with the same draws as the scalar environment.</summary>
    /// <param name="random">The instance's random stream.</param>
    /// <param name="state">Its first state variable.</param>
    /// <param name="stride">Doubles from one state variable to the next.</param>
    /// <param name="observation">Receives its observation.</param>
    void Reset(Pcg64 random, ref double state, int stride, ref float observation);
}
