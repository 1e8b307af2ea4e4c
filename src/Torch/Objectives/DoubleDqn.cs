using Krewe.Learner;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>The twin of <see cref="DoubleDqnObjective"/>.</summary>
[TwinOf(typeof(DoubleDqnObjective))]
internal sealed class DoubleDqn(DoubleDqnObjective objective) : ITorchObjective
{
    private readonly TorchTemporalDifference _difference = new(objective.Loss);

    public TorchEvaluation Evaluate(BatchStage batch, Tensor outputs, ReadOnlySpan<Tensor> passes)
    {
        Tensor selected = passes[1].argmax(1, keepdim: true);                           // [B, 1, 1]
        return _difference.Evaluate(batch, outputs, passes[0].gather(1, selected).squeeze(2));
    }

    public void Dispose() => _difference.Dispose();
}
