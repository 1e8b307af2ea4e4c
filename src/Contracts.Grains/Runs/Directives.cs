namespace Krewe.Contracts.Grains;

/// <summary>What actors and learner of a run should do. The values are sent over the wire: they never change.</summary>
public enum RunDirective
{
    /// <summary>Work.</summary>
    Work = 0,

    /// <summary>Pause and keep all state.</summary>
    Pause = 1,

    /// <summary>End.</summary>
    Stop = 2,

    /// <summary>End without writing anything: a later learner has taken over.</summary>
    Superseded = 3,
}

/// <summary>The conditions under which a learner starts.</summary>
/// <param name="Epoch">Its epoch: the high part of the versions that it publishes, above that of every learner before.</param>
/// <param name="EnvironmentSteps">Environment steps of the run; they never decrease, even if the checkpoint has fewer.</param>
/// <param name="Episodes">Episodes ended in the run; they never decrease either.</param>
/// <param name="Directive">The directive at the start.</param>
[GenerateSerializer, Immutable, Alias("krewe.LearnerTerms")]
public sealed record LearnerTerms(
    [property: Id(0)] long Epoch, [property: Id(1)] long EnvironmentSteps, [property: Id(2)] long Episodes, [property: Id(3)] RunDirective Directive);

/// <summary>Environment steps leased to a silo's actors: those numbered [Start, End).</summary>
/// <param name="Start">Number of the first, for the actors' schedules.</param>
/// <param name="End">One past the last; equal to <paramref name="Start"/> when none are available now.</param>
/// <param name="Exhausted">Whether the budget is spent.</param>
[GenerateSerializer, Immutable, Alias("krewe.StepLease")]
public sealed record StepLease([property: Id(0)] long Start, [property: Id(1)] long End, [property: Id(2)] bool Exhausted);
