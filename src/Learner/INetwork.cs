using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// A network in training: its online parameters, a target network, an average over time and the optimizer. It knows layers, not algorithms; an
/// <see cref="IObjective"/> says what is computed from its outputs. Not thread-safe.
/// </summary>
public interface INetwork : IQNetwork
{
    /// <summary>What the network computes.</summary>
    new NetworkSpec Spec { get; }

    /// <summary>The largest number of rows of one <see cref="INetworkPass"/>: as many as stay in the cache or fit the device.</summary>
    int BlockRows { get; }

    /// <summary>Number of steps that the optimizer has taken.</summary>
    long Steps { get; }

    /// <summary>Prepares gradient steps on an objective, with the device's own way to compute it where there is one.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="random">Creates the random stream of an update, by the steps taken before it; only an <see cref="IRandomObjective"/> needs it.</param>
    /// <exception cref="ArgumentException">The objective needs random inputs, but there is no stream for them, or too many rows for each sample.</exception>
    INetworkUpdate CreateUpdate(IObjective objective, Func<long, Pcg64>? random = null);

    /// <summary>Creates working memory for forward and backward passes over at most <see cref="BlockRows"/> rows.</summary>
    INetworkPass CreatePass();

    /// <summary>Adds up the gradients of passes.</summary>
    /// <param name="passes">Passes of this network, at least one; the sum replaces the first one's gradient.</param>
    /// <returns>The Euclidean norm of the sum; not finite if an element is not.</returns>
    float SumGradients(ReadOnlySpan<INetworkPass> passes);

    /// <summary>Clips a gradient and lets the optimizer take one step; the average follows (<see cref="LearnerOptions.AverageTau"/>), the target network does not change.</summary>
    /// <param name="pass">Holds the gradient.</param>
    /// <param name="norm">Its norm, finite, from <see cref="SumGradients"/>.</param>
    /// <param name="learningRate">The step size.</param>
    void Apply(INetworkPass pass, float norm, float learningRate);

    /// <summary>Updates the target network: target = tau * online + (1 - tau) * target; tau 1 copies.</summary>
    /// <param name="tau">In (0, 1].</param>
    void UpdateTarget(float tau);

    /// <summary>Visits the online, target and average parameters and the optimizer.</summary>
    /// <param name="visitor">Captures or replaces them.</param>
    void Visit(IStateVisitor visitor);
}
