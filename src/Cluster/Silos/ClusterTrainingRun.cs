using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>A run on a cluster as an <see cref="ITrainingRun"/>, so that it is shown like a run in one process.</summary>
/// <param name="grains">The cluster.</param>
/// <param name="runId">The run's id.</param>
/// <param name="environment">Its environment.</param>
/// <param name="options">Its options.</param>
/// <param name="specification">
/// Submitted to start the run, which this object then owns: cancelling stops the run. Null watches an existing run: cancelling leaves
/// it running.
/// </param>
internal sealed class ClusterTrainingRun(
    IGrainFactory grains, string runId, EnvironmentSpec environment, TrainingOptions options, RunSpecification? specification = null) : ITrainingRun
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);

    // A dead silo is detected within 8 s; then the run is reactivated on another silo.
    private static readonly TimeSpan UnreachableTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

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
    public EnvironmentSpec Environment => environment;

    /// <inheritdoc/>
    public TrainingOptions Options => options;

    /// <inheritdoc/>
    public TrainingProgress Progress =>
        Wire.Progress(Volatile.Read(ref _status)?.Figures ?? new RunFigures { StepBudget = Options.Run.Steps, PolicyVersion = -1 });

    /// <inheritdoc/>
    public TrainingResult Run(CancellationToken cancellationToken = default) => Follow(cancellationToken).GetAwaiter().GetResult();

    private async Task<TrainingResult> Follow(CancellationToken cancellationToken)
    {
        bool isOwner = specification is not null;
        if (isOwner)
        {
            await _run.Create(specification!);
        }

        int seen = 0;
        bool stopping = false;
        while (true)
        {
            if (cancellationToken.IsCancellationRequested && !stopping)
            {
                if (!isOwner)
                {
                    throw new OperationCanceledException(cancellationToken);
                }

                stopping = true;
                await Stop();
            }

            RunStatus status = await Status(seen, isOwner ? CancellationToken.None : cancellationToken);
            Volatile.Write(ref _status, status);
            seen = status.EvaluationCount;
            foreach (EvaluationPoint point in status.Evaluations)
            {
                Evaluated?.Invoke(Wire.Report(point));
            }

            if (status.State == RunState.Failed)
            {
                throw new KreweException(status.Failure ?? "the run failed");
            }

            if (status.State.IsOver() && status.Outcome is { } outcome)
            {
                return Wire.Result(outcome, status, BestParameters(outcome));
            }

            if (status.State.IsOver())
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new KreweException($"run {runId}: stopped before a learner started; nothing was trained");
            }

            await Task.Delay(Period, CancellationToken.None);
        }
    }

    private async Task Stop()
    {
        try
        {
            await _run.Stop();
        }
        catch (InvalidOptionException)
        {
            // It has ended, or is already being stopped: the next status shows it.
        }
    }

    /// <summary>Retries while a gateway or the run's silo is being replaced.</summary>
    private async Task<RunStatus> Status(int seen, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await _run.GetStatus(seen).WaitAsync(AnswerTimeout, cancellationToken)
                    ?? throw new KreweException($"run {runId}: the run no longer exists");
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                if (Stopwatch.GetElapsedTime(began) > UnreachableTimeout)
                {
                    throw new KreweException(
                        $"run {runId}: the cluster has not answered for {UnreachableTimeout.TotalSeconds} s: {SiloText.Of(e)}; the run continues if its silos do", e);
                }

                await Task.Delay(RetryPause, cancellationToken);
            }
        }
    }

    private static float[] BestParameters(RunOutcome outcome) =>
        outcome.Checkpoint is { } folder && Directory.Exists(folder) ? CheckpointFolder.Read(folder).Network.Online : [];
}
