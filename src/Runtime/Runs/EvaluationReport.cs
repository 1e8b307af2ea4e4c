using Krewe.Actors;

namespace Krewe.Runtime;

/// <summary>One point of the learning curve. All values except <paramref name="Seconds"/> and the result are those at the capture of the network.</summary>
/// <param name="Seconds">Seconds of training when the evaluation ended.</param>
/// <param name="EnvironmentSteps">Environment steps.</param>
/// <param name="Updates">Updates of the network.</param>
/// <param name="Result">The result of the evaluation.</param>
/// <param name="IsBest">Whether the network replaces the best one: <paramref name="ConfirmedMean"/> is above that of every network before it.</param>
/// <param name="Epsilon">Probability of a random action of the first actor, 0 to 1.</param>
/// <param name="MeanReturn">Mean return of the last 100 training episodes; null before the first has ended.</param>
/// <param name="Loss">Loss of the last update; null before the first.</param>
/// <param name="ConfirmedMean">
/// Mean return of a second evaluation on other episodes (<see cref="EvaluationOptions.FinalEpisodes"/>), which follows if that of the first is above the best;
/// null if it did not.
/// </param>
public readonly record struct EvaluationReport(
    double Seconds,
    long EnvironmentSteps,
    long Updates,
    EvaluationResult Result,
    bool IsBest,
    double Epsilon,
    double? MeanReturn,
    double? Loss,
    double? ConfirmedMean = null);
