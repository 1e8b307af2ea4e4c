using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>The learner grain: a facade over <see cref="LearnerSession"/>, which owns the thread. It reports to the run.</summary>
[KeepAlive, RolePlacement(SiloRoles.Learner), GrainType("krewe.learner")]
internal sealed partial class LearnerGrain(
    SiloSettings settings,
    EnvironmentRegistry registry,
    SiloDirectory directory,
    ActorSiloClient silos,
    ILocalSiloDetails silo,
    ILoggerFactory loggers) : Grain, ILearnerGrain
{
    private static readonly TimeSpan ReportPeriod = TimeSpan.FromMilliseconds(200);

    private readonly ILogger _logger = loggers.CreateLogger<LearnerGrain>();
    private LearnerSession? _session;
    private Task? _starting;
    private IGrainTimer? _reports;
    private RunLink _link = null!;
    private bool _reporting;
    private bool _isLeaving;

    private string RunId => this.GetPrimaryKeyString();

    private ITrainingRunGrain Run => GrainFactory.GetGrain<ITrainingRunGrain>(RunId);

    public async Task<ResumePoint> FindCheckpoint(RunSpecification specification)
    {
        DeactivateIfIdle();
        RunPlan plan = RunPlans.Make(specification, registry);
        ResumeSource source = await Task.Run(() => ResumeSource.Find(
            specification.ResumeFrom!, settings.DataFolder, message => LearnerLog.CheckpointRefused(_logger, message)));
        Resuming.Check(plan, source.Checkpoint, source.Path);
        return new ResumePoint(source.Checkpoint.EnvironmentSteps, source.Checkpoint.Episodes);
    }

    public async Task Start()
    {
        if (_session is null)
        {
            try
            {
                await (_starting is { IsCompleted: false } ? _starting : _starting = Begin());
            }
            finally
            {
                DeactivateIfIdle();
            }
        }
    }

    public Task Direct(RunDirective directive)
    {
        _session?.Direct(directive);
        DeactivateIfIdle();
        return Task.CompletedTask;
    }

    public async Task CompleteAppends()
    {
        DeactivateIfIdle();
        if (_session is { } session)
        {
            await session.CompleteAppends();
        }
    }

    public async Task<string> Checkpoint()
    {
        DeactivateIfIdle();
        return await Session().Checkpoint();
    }

    public Task<PolicySnapshot?> GetPolicy(long after)
    {
        DeactivateIfIdle();
        return Task.FromResult(_session?.Policies.NewerThan(after));
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isLeaving = true;
        _reports?.Dispose();
        if (_session is { } session)
        {
            await session.Suspend();
            await session.DisposeAsync();
        }
    }

    /// <summary>Deactivates a grain that was activated by a call after the learner ended or failed to start.</summary>
    private void DeactivateIfIdle()
    {
        if (_session is null && _starting is not { IsCompleted: false })
        {
            DeactivateOnIdle();
        }
    }

    private LearnerSession Session() => _session ?? throw new InvalidOptionException($"run {RunId}: its learner has not started yet; try again");

    private async Task Begin()
    {
        (RunPlan plan, RunSpecification specification) = await RunPlans.Fetch(GrainFactory, RunId, registry);
        LearnerTerms terms = await Run.BeginLearner(silo.SiloAddress.ToParsableString());
        var shards = new IReplayShardGrain[plan.Options.Replay.Shards];
        for (int i = 0; i < shards.Length; i++)
        {
            shards[i] = GrainFactory.GetGrain<IReplayShardGrain>(i, RunId);
        }

        // Reading a checkpoint and creating a network would block the grain's turn.
        IGrainFactory grains = GrainFactory;
        _session = await Task.Run(() => new LearnerSession(
            specification, plan, terms, settings, registry, shards, directory, silos, grains, loggers));
        _link = new RunLink(RunId, _logger);
        _session.Start();
        LogBegan(RunId, terms.Epoch, plan.Environment.Id);
        _ = ReportEnd(_session);
        _reports = this.RegisterGrainTimer(Report, new GrainTimerCreationOptions(TimeSpan.Zero, ReportPeriod) { Interleave = true, KeepAlive = true });
    }

    /// <summary>The end is reported immediately, not with the next periodic report.</summary>
    private async Task ReportEnd(LearnerSession session)
    {
        await session.Ended;
        await Report();
    }

    private async Task Report()
    {
        if (_reporting || _session is not { } session)
        {
            return;
        }

        _reporting = true;
        try
        {
            // Read first: if the learner ends while this report is in flight, the next report contains it.
            bool over = session.IsOver;
            IReadOnlyList<EvaluationPoint> evaluations = session.Evaluations.Pending;
            RunDirective directive = await Run.ReportLearner(new LearnerReport
            {
                Epoch = session.Epoch,
                Silo = silo.SiloAddress.ToParsableString(),
                Figures = session.Figures(),
                Evaluations = evaluations,
                ShardsRunning = session.ShardsRunning,
                Outcome = session.Outcome,
                Failure = session.Failure,
            });
            if (evaluations.Count > 0)
            {
                session.Evaluations.Acknowledge(evaluations[^1]);
            }

            _link.Answered();
            session.Direct(directive);
            if (over)
            {
                // An actor's failure ends the learner without one of its own.
                if (await Run.GetStatus(int.MaxValue) is { Failure: { } failure })
                {
                    await Task.Run(() => session.WriteFailure(failure));
                }

                _reports?.Dispose();
                DeactivateOnIdle();
            }
            else
            {
                session.RunFigures = (await Run.GetStatus(int.MaxValue))?.Figures;
            }
        }
        catch (Exception) when (_isLeaving)
        {
            // The silo is shutting down, and the call with it.
        }
        catch (Exception e)
        {
            // Orleans reactivates the run; until then the learner continues.
            _link.Failed(e);
        }
        finally
        {
            _reporting = false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: learner {Epoch} starts on {Environment}")]
    private partial void LogBegan(string runId, long epoch, string environment);
}
