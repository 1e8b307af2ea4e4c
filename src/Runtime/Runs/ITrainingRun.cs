using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>A training run as seen by the code that starts and shows it, whichever host it runs on.</summary>
public interface ITrainingRun
{
    /// <summary>Raised after each evaluation during training, on the thread that ran or received it.</summary>
    event Action<EvaluationReport>? Evaluated;

    /// <summary>Raised, on any thread, with a warning for the user. A cluster's warnings are in its silos' logs.</summary>
    event Action<string>? Warned;

    /// <summary>Location of the run: its folder, or its id on a cluster; null if it is only kept in memory.</summary>
    string? Location { get; }

    /// <summary>Describes, for the user, what the run is waiting for apart from its usual work; null for nothing. Thread-safe.</summary>
    string? WaitsFor { get; }

    /// <summary>The specification of the environment.</summary>
    EnvironmentSpec Environment { get; }

    /// <summary>The options of the run.</summary>
    TrainingOptions Options { get; }

    /// <summary>The current progress of the run. Thread-safe.</summary>
    TrainingProgress Progress { get; }

    /// <summary>Trains until the budget of steps is spent, the environment is solved (if requested), or the run is cancelled.</summary>
    /// <param name="cancellationToken">Stops the run; the last checkpoint is still written.</param>
    /// <exception cref="KreweException">The environment or an update failed, or a checkpoint could not be written.</exception>
    TrainingResult Run(CancellationToken cancellationToken = default);
}
