using System.Collections.Immutable;

namespace Krewe.Learner;

/// <summary>
/// What a learner minimizes: a pure function from a network's outputs to the loss of each sample and its gradient. It never sees a
/// network, a device or a batch's weights. Thread-safe: blocks of one batch may be evaluated at the same time.
/// </summary>
public interface IObjective
{
    /// <summary>The passes that the objective needs beside the one that is differentiated, in the order of <see cref="ObjectiveBlock.Pass"/>.</summary>
    ImmutableArray<ForwardPass> Passes { get; }

    /// <summary>Evaluates a block of samples.</summary>
    /// <param name="block">The inputs, and the memory for the results.</param>
    void Evaluate(in ObjectiveBlock block);
}

/// <summary>A forward pass over all actions through which no gradient flows.</summary>
/// <param name="Parameters">The parameters.</param>
/// <param name="IsNext">Whether it evaluates the next observations; otherwise the observations that were acted on.</param>
public readonly record struct ForwardPass(NetworkParameters Parameters, bool IsNext)
{
    /// <summary>Draws of random inputs for each observation, each a row of its own; read from an <see cref="IRandomObjective"/> only.</summary>
    public int Draws { get; init; } = 1;
}
