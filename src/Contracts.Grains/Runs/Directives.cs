namespace Krewe.Contracts.Grains;

/// <summary>What a part of a run is to do. The values are sent: they never change.</summary>
public enum RunDirective
{
    /// <summary>Work.</summary>
    Work = 0,

    /// <summary>Stand still and keep everything.</summary>
    Pause = 1,

    /// <summary>End.</summary>
    Stop = 2,

    /// <summary>End without a trace: another has taken over.</summary>
    Superseded = 3,
}

/// <summary>The terms under which a learner begins.</summary>
/// <param name="Epoch">Its epoch: the high part of the versions that it publishes, above that of every learner before.</param>
/// <param name="EnvironmentSteps">Environment steps that the run has taken: they never go back, whatever the checkpoint says.</param>
/// <param name="Episodes">Episodes ended, likewise.</param>
/// <param name="Directive">What it is to do.</param>
[GenerateSerializer, Immutable, Alias("krewe.LearnerTerms")]
public sealed record LearnerTerms(
    [property: Id(0)] long Epoch, [property: Id(1)] long EnvironmentSteps, [property: Id(2)] long Episodes, [property: Id(3)] RunDirective Directive);

/// <summary>Environment steps that a silo's actors may take: those numbered [Start, End).</summary>
/// <param name="Start">Number of the first: where the actors' schedules stand.</param>
/// <param name="End">One past the last; equal to <paramref name="Start"/> when there is none now.</param>
/// <param name="Exhausted">Whether there will be none any more.</param>
[GenerateSerializer, Immutable, Alias("krewe.StepLease")]
public sealed record StepLease([property: Id(0)] long Start, [property: Id(1)] long End, [property: Id(2)] bool Exhausted);
