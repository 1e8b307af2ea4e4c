using Krewe.Learner;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>The twin of <see cref="DqnObjective"/>.</summary>
[TwinOf(typeof(DqnObjective))]
internal sealed class Dqn(DqnObjective objective) : ITorchObjective
{
    private static readonly long[] Actions = [1];

    private readonly TorchTemporalDifference _difference = new(objective.Loss);

    public TorchEvaluation Evaluate(BatchStage batch, Tensor outputs, ReadOnlySpan<Tensor> passes) =>
        _difference.Evaluate(batch, outputs, passes[0].amax(Actions));

    public void Dispose() => _difference.Dispose();
}
