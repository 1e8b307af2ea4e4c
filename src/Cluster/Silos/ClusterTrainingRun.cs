using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Learner;
using Krewe.Runtime;


namespace Krewe.Cluster;

/// <summary>A run on a cluster, as the view of a run in one process sees it.</summary>
/// <param name="grains">The cluster.</param>
/// <param name="plan">The run.</param>
/// <param name="specification">The same as it is handed in; null to watch a run that exists.</param>
/// <param name="runId">The run's id.</param>
internal sealed class ClusterTrainingRun(IGrainFactory grains, RunPlan plan, RunSpecification? specification, string runId) : ITrainingRun
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    private readonly ITrainingRunGrain _run = grains.GetGrain<ITrainingRunGrain>(runId);
    private RunStatus? _status;

    /// <inheritdoc/>
    public event Action<EvaluationReport>? Evaluated;

    /// <inheritdoc/>
    event Action<string>? ITrainingRun.Warned
    {
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public string? Location => runId;

    /// <inheritdoc/>
    public string? WaitsFor => Volatile.Read(ref _status)?.WaitsFor;

    /// <inheritdoc/>
    public EnvironmentSpec Environment => plan.Environment;

    /// <inheritdoc/>
    public TrainingOptions Options => plan.Options;

    /// <inheritdoc/>
    public TrainingProgress Progress =>
        Wire.Progress(Volatile.Read(ref _status)?.Figures ?? new RunFigures { StepBudget = Options.Run.Steps, PolicyVersion = -1 });

    /// <inheritdoc/>
    public TrainingResult Run(CancellationToken cancellationToken = default) => Follow(cancellationToken).GetAwaiter().GetResult();

    private async Task<TrainingResult> Follow(CancellationToken cancellationToken)
    {
        if (specification is not null)
        {
            await _run.Create(specification);
        }

        int seen = 0;
        bool stopping = false;
        while (true)
        {
            if (cancellationToken.IsCancellationRequested && !stopping)
            {
                stopping = true;
                await _run.Stop();
            }

            RunStatus status = await _run.GetStatus(seen) ?? throw new KreweException($"run {runId}: there is no such run any more");
            Volatile.Write(ref _status, status);
            seen = status.EvaluationCount;
            foreach (EvaluationPoint point in status.Evaluations)
            {
                Evaluated?.Invoke(Wire.Report(point));
            }

            switch (status.State)
            {
                case RunState.Failed:
                    throw new KreweException(status.Failure ?? "the run failed");
                case RunState.Completed when status.Outcome is { } outcome:
                    return Wire.Result(outcome, status, BestParameters(outcome));
            }

            await Task.Delay(Period, CancellationToken.None);
        }
    }

    private static float[] BestParameters(RunOutcome outcome) =>
        outcome.Checkpoint is { } folder && Directory.Exists(folder) ? CheckpointFolder.Read(folder).Network.Online : [];
}
