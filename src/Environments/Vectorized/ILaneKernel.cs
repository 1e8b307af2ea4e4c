using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The dynamics of one environment for <see cref="LaneVectorEnvironment{TKernel}"/>: a struct, so that its code is compiled into
/// the loop. Instance i's state variable v is at state[v * stride + i]; observations are float32, instance after instance.
/// </summary>
internal interface ILaneKernel
{
    /// <summary>The space of one instance's observations.</summary>
    static abstract BoxSpace ObservationSpace { get; }

    /// <summary>The space of one instance's actions.</summary>
    static abstract DiscreteSpace ActionSpace { get; }

    /// <summary>Doubles in the state of one instance.</summary>
    static abstract int StateLength { get; }

    /// <summary>Reward of a step that does not terminate.</summary>
    float StepReward { get; }

    /// <summary>Reward of a step that terminates.</summary>
    float TerminalReward { get; }

    /// <summary>Steps as many instances as there are lanes.</summary>
    /// <param name="state">The first instance's first state variable.</param>
    /// <param name="stride">Doubles from one state variable to the next.</param>
    /// <param name="actions">The first instance's action.</param>
    /// <param name="observations">Receives the observations from the first instance's on.</param>
    /// <returns>One bit an instance that terminated, the first one lowest.</returns>
    uint Step<T>(ref double state, int stride, ref readonly int actions, ref float observations)
        where T : struct, ILanes<T>;

    /// <summary>Starts one instance's episode, with the draws of the scalar environment.</summary>
    /// <param name="random">The instance's stream.</param>
    /// <param name="state">Its first state variable.</param>
    /// <param name="stride">Doubles from one state variable to the next.</param>
    /// <param name="observation">Receives its observation.</param>
    void Reset(Pcg64 random, ref double state, int stride, ref float observation);
}
