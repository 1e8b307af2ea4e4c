namespace Krewe.Learner;

/// <summary>
/// A block of samples for an <see cref="IObjective"/>: W outputs an action, A actions. The discount of each sample is data: gamma to the
/// power of the steps that its return spans, 0 after a terminal step.
/// </summary>
public readonly ref struct ObjectiveBlock
{
    private readonly ReadOnlySpan<float> _passes;
    private readonly int _passStride;

    /// <summary>Describes a block.</summary>
    /// <param name="passes">The outputs of all passes, one after another.</param>
    /// <param name="passStride">Floats from one pass to the next.</param>
    public ObjectiveBlock(ReadOnlySpan<float> passes, int passStride)
    {
        _passes = passes;
        _passStride = passStride;
    }

    /// <summary>Number of samples.</summary>
    public int Rows => Returns.Length;

    /// <summary>Number of actions, A.</summary>
    public required int Actions { get; init; }

    /// <summary>Discounted n-step returns R, [rows].</summary>
    public required ReadOnlySpan<float> Returns { get; init; }

    /// <summary>Discounts d of the bootstrap value, [rows].</summary>
    public required ReadOnlySpan<float> Discounts { get; init; }

    /// <summary>Draws of random inputs for each sample, D, of an <see cref="IRandomObjective"/>; else 1.</summary>
    public int Draws { get; init; } = 1;

    /// <summary>The random inputs of <see cref="Outputs"/>, [rows, D, <see cref="IRandomObjective.InputLength"/>]; else empty.</summary>
    public ReadOnlySpan<float> Inputs { get; init; }

    /// <summary>The online network's outputs for the actions taken, [rows, D, W].</summary>
    public required ReadOnlySpan<float> Outputs { get; init; }

    /// <summary>Receives the gradient of each sample's loss at <see cref="Outputs"/>, [rows, D, W], neither weighted nor averaged.</summary>
    public required Span<float> Gradients { get; init; }

    /// <summary>Receives each sample's loss, [rows], neither weighted nor averaged.</summary>
    public required Span<float> Losses { get; init; }

    /// <summary>Receives the expectation Q(s, a) of <see cref="Outputs"/>, [rows].</summary>
    public required Span<float> Values { get; init; }

    /// <summary>Receives each sample's priority, [rows], not negative.</summary>
    public required Span<float> Priorities { get; init; }

    /// <summary>The outputs of one of the objective's passes, [rows, its draws, A, W].</summary>
    /// <param name="index">Its place in <see cref="IObjective.Passes"/>.</param>
    /// <param name="draws">Its draws for each observation.</param>
    public ReadOnlySpan<float> Pass(int index, int draws = 1) => _passes.Slice(index * _passStride, Outputs.Length / Draws * draws * Actions);
}
