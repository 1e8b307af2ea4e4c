namespace Krewe.Learner;

/// <summary>The weight of the online network in each update of its average (<see cref="LearnerOptions.AverageTau"/>).</summary>
/// <param name="tau">The weight in the long run.</param>
public readonly struct AverageShare(double tau)
{
    /// <summary>The weight after a step: the first 1 / tau networks count equally, so that the average does not remember the initial one.</summary>
    /// <param name="steps">Steps of the optimizer, that one included.</param>
    public float At(long steps) => (float)Math.Max(tau, 1.0 / steps);
}
