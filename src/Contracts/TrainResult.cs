namespace Krewe.Contracts;

/// <summary>What one gradient step did.</summary>
/// <param name="Loss">The loss, the mean over the batch, before the step.</param>
/// <param name="MeanQ">Mean of Q(s, a) over the batch, before the step.</param>
/// <param name="GradientNorm">Euclidean norm of the gradient before clipping.</param>
public readonly record struct TrainResult(float Loss, float MeanQ, float GradientNorm);
