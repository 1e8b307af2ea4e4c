using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>A training run as those see it who start and watch it, whichever host it runs on.</summary>
public interface ITrainingRun
{
    /// <summary>Called after each evaluation during training, on the thread that did it or heard of it.</summary>
    event Action<EvaluationReport>? Evaluated;

    /// <summary>Called with what went wrong and does not end the run, for the user; on any thread. A cluster's warnings are in the logs of its silos.</summary>
    event Action<string>? Warned;

    /// <summary>Where the run is found: its folder, or its id on a cluster; null when it is kept in memory only.</summary>
    string? Location { get; }

    /// <summary>What the run waits for, for the user, where that is not its usual work; null for nothing. Any thread may ask.</summary>
    string? WaitsFor { get; }

    /// <summary>What is known of the environment.</summary>
    EnvironmentSpec Environment { get; }

    /// <summary>The options of the run.</summary>
    TrainingOptions Options { get; }

    /// <summary>Where the run stands; any thread may ask.</summary>
    TrainingProgress Progress { get; }

    /// <summary>Trains until the budget of steps is used up, the environment is solved (when asked), or the run is cancelled.</summary>
    /// <param name="cancellationToken">Ends the run; the last checkpoint is written all the same.</param>
    /// <exception cref="KreweException">The environment or an update failed, or a checkpoint could not be written.</exception>
    TrainingResult Run(CancellationToken cancellationToken = default);
}
