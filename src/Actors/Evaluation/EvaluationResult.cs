namespace Krewe.Actors;

/// <summary>The result of an evaluation.</summary>
/// <param name="Mean">Mean undiscounted return.</param>
/// <param name="StandardDeviation">Standard deviation of the returns over the episodes (population, as NumPy's <c>std</c>).</param>
/// <param name="Minimum">Smallest return.</param>
/// <param name="Maximum">Largest return.</param>
/// <param name="MeanLength">Mean length in steps.</param>
/// <param name="Episodes">Number of episodes.</param>
public readonly record struct EvaluationResult(
    double Mean, double StandardDeviation, double Minimum, double Maximum, double MeanLength, int Episodes);
