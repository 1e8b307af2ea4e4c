using Krewe.Contracts;


namespace Krewe.Runtime;

/// <summary>A training run as those see it who start and watch it, whichever host it runs on.</summary>
public interface ITrainingRun
{
    /// <summary>Called after each evaluation during training, on the thread that did it or heard of it.</summary>
    event Action<EvaluationReport>? Evaluated;

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
