using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>
/// An objective whose network takes random inputs beside the observation, such as the fractions of W. Dabney et al., "Implicit quantile
/// networks for distributional reinforcement learning" (2018). Every row of a pass is an observation followed by the inputs of one draw, so
/// the network has that many more inputs than the observation has elements. The draws come from a stream of their own for each update and
/// are made on the host: those of each of <see cref="IObjective.Passes"/> for all samples, then those of the pass that is differentiated.
/// </summary>
public interface IRandomObjective : IObjective
{
    /// <summary>Number of inputs that follow an observation, at least 1.</summary>
    int InputLength { get; }

    /// <summary>Draws for each observation in the pass that is differentiated, at least 1.</summary>
    int Draws { get; }

    /// <summary>Draws the inputs of one row.</summary>
    /// <param name="random">The stream of the update.</param>
    /// <param name="inputs">Receives the inputs, [<see cref="InputLength"/>].</param>
    void Draw(Pcg64 random, Span<float> inputs);
}
