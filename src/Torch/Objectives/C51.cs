using Krewe.Learner;
using Krewe.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>The twin of <see cref="C51Objective"/>. The projection is in its triangular form: weight max(0, 1 - |b - j|) of a point b at return j.</summary>
[TwinOf(typeof(C51Objective))]
internal sealed class C51 : ITorchObjective
{
    private readonly HeadSpec _head;
    private readonly Scalar _low;
    private readonly Scalar _high;
    private readonly Scalar _minusLow;
    private readonly Scalar _perUnit;
    private readonly Scalar _width;
    private readonly Scalar _zero = 0;
    private readonly Scalar _tiny = 1e-38f;
    private Tensor? _returns;
    private Tensor? _places;

    public C51(C51Objective objective)
    {
        _head = objective.Head;
        _width = _head.Outputs;
        _low = _head.Low;
        _high = _head.High;
        _minusLow = -_head.Low;
        _perUnit = (_head.Outputs - 1) / ((double)_head.High - _head.Low);
    }

    public TorchEvaluation Evaluate(BatchStage batch, Tensor outputs, ReadOnlySpan<Tensor> passes)
    {
        int width = _head.Outputs;
        _returns ??= tensor([.. Enumerable.Range(0, width).Select(_head.Atom)], device: outputs.device).DetachFromDisposeScope();       // [W]
        _places ??= arange(_width, dtype: ScalarType.Float32, device: outputs.device).view(1, 1, width).DetachFromDisposeScope();

        Tensor next = passes[0].softmax(2);                                                            // [B, A, W]
        Tensor best = next.matmul(_returns).argmax(1, keepdim: true).unsqueeze(2).expand(-1, 1, width);
        Tensor probabilities = next.gather(1, best);                                                   // [B, 1, W]

        // A point that is not finite must not be clamped into the range.
        Tensor moved = batch.Returns.addcmul(batch.Discounts, _returns.unsqueeze(0), Scalars.One);     // [B, W]
        Tensor at = moved.clamp(_low, _high).add(_minusLow, Scalars.One).mul_(_perUnit).add_(moved - moved, Scalars.One);
        Tensor weights = (at.unsqueeze(2) - _places).abs_().neg_().add_(Scalars.One, Scalars.One).clamp_(min: _zero);   // [B, W, W]
        Tensor target = probabilities.matmul(weights).squeeze(1);                                      // [B, W]

        Tensor logs = outputs.log_softmax(1);
        Tensor online = logs.exp();
        Tensor loss = (target * logs).sum(1, keepdim: true).neg_();
        Tensor entropy = (target * target.clamp(min: _tiny).log()).sum(1, keepdim: true);
        return new TorchEvaluation(
            (online * target.sum(1, keepdim: true)) - target,
            loss,
            online.matmul(_returns).unsqueeze(1),
            loss.add(entropy, Scalars.One).clamp_(min: _zero));
    }

    public void Dispose()
    {
        _returns?.Dispose();
        _places?.Dispose();
        _width.Dispose();
        _low.Dispose();
        _high.Dispose();
        _minusLow.Dispose();
        _perUnit.Dispose();
        _zero.Dispose();
        _tiny.Dispose();
    }
}
