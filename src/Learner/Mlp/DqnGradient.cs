using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// Computes the loss of a batch and its gradient (Mnih et al. 2015): target R + d * max_a Q'(s', a), error, loss, chain rule.
/// </summary>
internal sealed unsafe class DqnGradient(MlpLayout layout, KernelSet kernels, TemporalDifference loss)
{
    /// <summary>Number of rows that are processed together: one word of a mask.</summary>
    private const int BlockRows = 64;

    private readonly MlpBackward _backward = new(layout, kernels, BlockRows);
    private readonly AlignedFloats _outputGradients = new(BlockRows);
    private readonly AlignedFloats _targets = new(BlockRows);
    private readonly AlignedFloats _values = new(BlockRows);

    /// <summary>The forward pass, with the working memory that the backward pass reads.</summary>
    public MlpForward Forward { get; } = new(layout, kernels, BlockRows);

    /// <summary>Applies changed parameters of the online network; call it before <see cref="Run"/>.</summary>
    public void Refresh(float* online) => _backward.RefreshTransposes(online);

    /// <summary>
    /// Computes the loss and mean Q-value over the batch, the TD errors, and the gradient of every parameter. Processes the batch in
    /// blocks, since the activations of a large one would not stay in the L2 cache: 4-256-256-2 with batch 512 takes 1.46 ms, in one piece
    /// 1.56 ms.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="online">Parameters of the online network.</param>
    /// <param name="target">Parameters of the network for the bootstrap value; no gradient flows through them.</param>
    /// <param name="gradient">Receives the gradient, in the layout's order.</param>
    /// <param name="tdErrors">Receives target - Q(s, a), [batch.Count].</param>
    public (float Loss, float MeanQ) Run(SampledBatch batch, float* online, float* target, float* gradient, Span<float> tdErrors)
    {
        double lossSum = 0;
        double valueSum = 0;
        int each = layout.Spec.ObservationBytes;
        fixed (byte* observations = batch.Observations, next = batch.NextObservations)
        fixed (int* actions = batch.Actions)
        {
            for (int row = 0; row < batch.Count; row += BlockRows)
            {
                int rows = Math.Min(BlockRows, batch.Count - row);
                byte* block = observations + ((nint)row * each);
                Targets(target, next + ((nint)row * each), batch.Returns.Slice(row, rows), batch.Discounts.Slice(row, rows));
                Forward.Run(online, block, rows);
                Forward.QValues(online, block, rows, actions + row, 0, _values.Pointer, 1);
                Errors(batch.Count, batch.Weights.Slice(row, rows), tdErrors[row..], ref lossSum, ref valueSum);
                _backward.Run(
                    Forward, online, block, actions + row, _outputGradients.Pointer, rows, gradient, accumulate: row > 0);
            }
        }

        return ((float)(lossSum / batch.Count), (float)(valueSum / batch.Count));
    }

    /// <summary>Computes R + d * max_a Q'(s', a), where Q' is the network with <paramref name="parameters"/>.</summary>
    private void Targets(float* parameters, byte* next, ReadOnlySpan<float> returns, ReadOnlySpan<float> discounts)
    {
        float* best = _targets.Pointer;
        float* values = _values.Pointer;
        int rows = returns.Length;
        Forward.Run(parameters, next, rows);
        Forward.QValues(parameters, next, rows, null, 0, best, 1);
        for (int action = 1; action < layout.Spec.ActionCount; action++)
        {
            Forward.QValues(parameters, next, rows, null, action, values, 1);
            for (int row = 0; row < rows; row++)
            {
                // MathF.Max returns NaN if either is.
                best[row] = MathF.Max(best[row], values[row]);
            }
        }

        for (int row = 0; row < rows; row++)
        {
            best[row] = returns[row] + (discounts[row] * best[row]);
        }
    }

    /// <summary>Computes the TD errors, the gradient of the loss at Q(s, a), and this block's share of the sums.</summary>
    private void Errors(int count, ReadOnlySpan<float> weights, Span<float> tdErrors, ref double lossSum, ref double valueSum)
    {
        for (int row = 0; row < weights.Length; row++)
        {
            float value = _values.Pointer[row];
            float error = _targets.Pointer[row] - value;
            tdErrors[row] = error;
            valueSum += value;
            lossSum += (double)weights[row] * loss.Loss(error);
            _outputGradients.Pointer[row] = weights[row] * loss.Derivative(error) / count;
        }
    }
}
