namespace Krewe.Learner;

/// <summary>
/// Forward and backward passes of a network over a block of rows, with their own activations and their own gradient. A gradient flows
/// through one action of each row; a learner that needs several of one observation repeats the row. Passes of one network may run on
/// different threads at the same time, as long as its parameters do not change.
/// </summary>
public interface INetworkPass : IDisposable
{
    /// <summary>Computes the outputs of all actions, without a gradient.</summary>
    /// <param name="parameters">Which of the network's parameters to use.</param>
    /// <param name="observations">Observations, [rows * observation bytes].</param>
    /// <param name="rows">Number of rows, at most <see cref="INetwork.BlockRows"/>.</param>
    /// <param name="outputs">Receives the outputs, [rows, actions, outputs per action] row-major.</param>
    void Forward(NetworkParameters parameters, ReadOnlySpan<byte> observations, int rows, Span<float> outputs);

    /// <summary>Computes the online network's outputs of one action a row, to be followed by <see cref="Backward"/>.</summary>
    /// <param name="observations">Observations, [rows * observation bytes].</param>
    /// <param name="actions">The action of each row, [rows].</param>
    /// <param name="outputs">Receives the outputs, [rows, outputs per action].</param>
    void ForwardChosen(ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions, Span<float> outputs);

    /// <summary>Starts a new gradient of zeros.</summary>
    void ClearGradient();

    /// <summary>Adds the gradient of the block last given to <see cref="ForwardChosen"/>; no other pass may have been made since.</summary>
    /// <param name="observations">The same observations.</param>
    /// <param name="actions">The same actions.</param>
    /// <param name="outputGradients">Gradient of the loss at the outputs of <see cref="ForwardChosen"/>, [rows, outputs per action].</param>
    /// <param name="inputGradients">
    /// Receives the gradient of the loss at the inputs, [rows, input width], for learners that go on from there; empty if it is not needed.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The network has no gradient at its inputs, because they are not float32 or it has no hidden layer.
    /// </exception>
    void Backward(ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions, ReadOnlySpan<float> outputGradients, Span<float> inputGradients = default);
}

/// <summary>Which parameters of a network in training a pass uses.</summary>
public enum NetworkParameters
{
    /// <summary>Those being trained.</summary>
    Online,

    /// <summary>Those of the target network; the online ones when the network has no target network.</summary>
    Target,
}
