namespace Krewe.Contracts.Grains;

/// <summary>One point of the learning curve.</summary>
/// <param name="Seconds">Seconds of training when the evaluation ended.</param>
/// <param name="EnvironmentSteps">Environment steps when the network was captured.</param>
/// <param name="Updates">Updates when the network was captured.</param>
/// <param name="Mean">Mean undiscounted return.</param>
/// <param name="StandardDeviation">Standard deviation of the returns.</param>
/// <param name="Minimum">Smallest return.</param>
/// <param name="Maximum">Largest return.</param>
/// <param name="MeanLength">Mean length in steps.</param>
/// <param name="Episodes">Number of episodes.</param>
/// <param name="IsBest">Whether the network replaces the best one.</param>
/// <param name="Epsilon">Probability of a random action of the first actor when the network was captured.</param>
/// <param name="MeanReturn">Mean return of the last 100 training episodes known to the learner at that time; null before the first has ended.</param>
/// <param name="Loss">Loss of the last update at that time; null before the first.</param>
/// <param name="ConfirmedMean">Mean return of a second evaluation on other episodes, which follows if that of the first is above the best; null if it did not.</param>
[GenerateSerializer, Immutable, Alias("krewe.EvaluationPoint")]
public sealed record EvaluationPoint(
    [property: Id(0)] double Seconds,
    [property: Id(1)] long EnvironmentSteps,
    [property: Id(2)] long Updates,
    [property: Id(3)] double Mean,
    [property: Id(4)] double StandardDeviation,
    [property: Id(5)] double Minimum,
    [property: Id(6)] double Maximum,
    [property: Id(7)] double MeanLength,
    [property: Id(8)] int Episodes,
    [property: Id(9)] bool IsBest,
    [property: Id(10)] double Epsilon = 0,
    [property: Id(11)] double? MeanReturn = null,
    [property: Id(12)] double? Loss = null,
    [property: Id(13)] double? ConfirmedMean = null);
