using Krewe.Actors;


namespace Krewe.Runtime;

/// <summary>One point of the learning curve.</summary>
/// <param name="Seconds">Seconds of training when it was known.</param>
/// <param name="EnvironmentSteps">Environment steps when the network was captured.</param>
/// <param name="Updates">Updates when the network was captured.</param>
/// <param name="Result">What the evaluation found.</param>
/// <param name="IsBest">Whether it is the best so far.</param>
public readonly record struct EvaluationReport(double Seconds, long EnvironmentSteps, long Updates, EvaluationResult Result, bool IsBest);
