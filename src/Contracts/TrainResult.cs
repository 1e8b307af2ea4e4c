namespace Krewe.Contracts;

/// <summary>The result of one gradient step.</summary>
/// <param name="Loss">The loss, averaged over the batch, before the step.</param>
/// <param name="MeanQ">Mean of Q(s, a) over the batch, before the step.</param>
/// <param name="GradientNorm">Euclidean norm of the gradient before clipping.</param>
public readonly record struct TrainResult(float Loss, float MeanQ, float GradientNorm);
