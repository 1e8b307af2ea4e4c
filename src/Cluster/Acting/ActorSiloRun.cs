using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Networks;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// The shared state of the actors of one run on one silo: the policy, the gate, the steps leased from the run's budget, the counters, and
/// the reports to the run. Thread-safe.
/// </summary>
internal sealed partial class ActorSiloRun : IAsyncDisposable
{
    private readonly ILearnerGrain _learner;
    private readonly Action<ActorSiloRun> _forget;
    private readonly ILogger _logger;
    private readonly string _silo;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationToken _endedToken;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, ActorLoop> _actors = [];
    private readonly PolicyDemand _demand = new(TimeProvider.System);
    private readonly WorkGate _gate;
    private readonly ActorReports _reports;
    private readonly StepLeases _leases;
    private long _episodesReported;
    private string? _failure;
    private Task _reporting = Task.CompletedTask;

    private ActorSiloRun(string runId, RunPlan plan, IGrainFactory grains, SiloAddress silo, Action<ActorSiloRun> forget, ILogger logger)
    {
        RunId = runId;
        Plan = plan;
        _endedToken = _ended.Token;
        _learner = grains.GetGrain<ILearnerGrain>(runId);
        _silo = silo.ToParsableString();
        _forget = forget;
        _logger = logger;
        Policies = new PolicyBoard(plan.Network);
        ITrainingRunGrain run = grains.GetGrain<ITrainingRunGrain>(runId);
        _gate = new WorkGate(() => Policies.Version >= 0);
        _reports = new ActorReports(run, MakeReport, Heed, new RunLink(runId, logger), _endedToken);
        _leases = new StepLeases(run, _silo, plan.LargestAppend, Counters, _reports, _endedToken);
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; }

    /// <summary>The run's plan.</summary>
    public RunPlan Plan { get; }

    /// <summary>The silo's copy of the newest policy.</summary>
    public PolicyBoard Policies { get; }

    /// <summary>Steps leased and counted.</summary>
    public RunCounters Counters { get; } = new() { Budget = 0 };

    /// <summary>Episodes that ended on this silo.</summary>
    public EpisodeTracker Episodes { get; } = new();

    /// <summary>Fetches the run's specification.</summary>
    public static async Task<ActorSiloRun> Create(
        string runId, IGrainFactory grains, SiloAddress silo, EnvironmentRegistry registry, Action<ActorSiloRun> forget, ILoggerFactory loggers)
    {
        (RunPlan plan, _) = await RunPlans.Fetch(grains, runId, registry);
        var run = new ActorSiloRun(runId, plan, grains, silo, forget, loggers.CreateLogger<ActorSiloRun>());

        // In lock step, the reports only serve to learn that the run has ended, so that it can be removed.
        run._reporting = run.Report();
        return run;
    }

    /// <summary>Adopts a policy if it is newer.</summary>
    /// <returns>The newest version on this silo.</returns>
    public long Publish(PolicySnapshot policy)
    {
        Policies.Publish(policy.Version, policy.Parameters.Span);
        PolicySnapshotCodec.Release(policy);
        _gate.PolicyArrived();
        return Policies.Version;
    }

    /// <summary>Waits until the actors can use a newer policy than the one just received.</summary>
    public async Task WaitForDemand()
    {
        if (Plan.Options.Run.Deterministic)
        {
            // In lock step the learner publishes on request and waits for the acknowledgement.
            return;
        }

        int actors;
        lock (_lock)
        {
            actors = _actors.Count;
        }

        await _demand.WaitForNext(actors, _endedToken);
    }

    /// <summary>Applies a directive to the actors.</summary>
    public void Direct(RunDirective directive) => _gate.Direct(directive);

    /// <summary>Adds an actor that has started on this silo.</summary>
    public void Add(ActorLoop actor)
    {
        lock (_lock)
        {
            _actors[actor.ActorId] = actor;
        }
    }

    /// <summary>Removes an actor that has left this silo.</summary>
    public void Remove(ActorLoop actor, string? failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            _leases.GiveUp(actor.StepsInHand);
            if (_actors.TryGetValue(actor.ActorId, out ActorLoop? known) && ReferenceEquals(known, actor))
            {
                _actors.Remove(actor.ActorId);
            }
        }
    }

    /// <summary>The oldest policy version in use by an actor; -1 if no actor is acting.</summary>
    public long OldestActingVersion
    {
        get
        {
            lock (_lock)
            {
                return ActingVersion();
            }
        }
    }

    /// <summary>Counts the environment steps of a rollout that replay has acknowledged.</summary>
    public void Acknowledge(long steps)
    {
        _leases.Acknowledge(steps);
        _demand.RolloutEnded();
    }

    /// <summary>Whether actors should work now.</summary>
    public bool IsWorking => _gate.IsWorking;

    /// <inheritdoc cref="WorkGate.Wait"/>
    public ValueTask<bool> WaitForWork(CancellationToken cancellationToken) => _gate.Wait(cancellationToken);

    /// <inheritdoc cref="StepLeases.Renew"/>
    public Task<bool> RenewLease() => _leases.Renew();

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        Direct(RunDirective.Stop);
        await _reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task Report()
    {
        await PullPolicy();
        await _reports.SendAlways();
    }

    private async Task PullPolicy()
    {
        try
        {
            if (await _learner.GetPolicy(Policies.Version) is { } policy)
            {
                Publish(policy);
            }
        }
        catch (Exception e)
        {
            // There may be no learner yet. It sends its first policy to every actor silo.
            string reason = SiloText.Of(e);
            LogNoPolicyYet(RunId, reason);
        }
    }

    private async Task Heed(ActorSiloReport report, RunDirective directive)
    {
        _episodesReported = report.Episodes;
        Direct(directive);
        if (directive == RunDirective.Stop && IsIdle)
        {
            await _ended.CancelAsync();
            _forget(this);
        }
    }

    private bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _actors.Count == 0;
            }
        }
    }

    private ActorSiloReport MakeReport()
    {
        long episodes = _episodesReported;
        Span<double> returns = stackalloc double[EpisodeTracker.Window];
        Span<int> lengths = stackalloc int[EpisodeTracker.Window];
        int ended = Episodes.ReadSince(ref episodes, returns, lengths);
        long acknowledged = _leases.Acknowledged;
        lock (_lock)
        {
            ActorLoop? first = _actors.Count > 0 ? _actors.First().Value : null;
            (int Actor, TimeSpan Time)? hanging = Hanging();
            return new ActorSiloReport
            {
                Silo = _silo,
                Actors = [.. _actors.Keys],
                Steps = acknowledged,
                StepsLeft = _leases.Outstanding(acknowledged),
                Episodes = episodes,
                Returns = returns[..ended].ToArray(),
                Lengths = lengths[..ended].ToArray(),
                Epsilon = first?.Epsilon ?? 0,
                EpsilonOf = first?.ActorId ?? int.MaxValue,
                PolicyVersion = ActingVersion(),
                Failure = _failure,
                HangingActor = hanging?.Actor,
                HangingSeconds = hanging?.Time.TotalSeconds ?? 0,
            };
        }
    }

    private (int Actor, TimeSpan Time)? Hanging()
    {
        ActorLoop? slowest = _actors.Values.MaxBy(actor => actor.InEnvironments ?? TimeSpan.Zero);
        return slowest?.InEnvironments is { } time && time >= CallClock.Long ? (slowest.ActorId, time) : null;
    }

    /// <summary>The oldest version in use; an actor that has not started its first rollout uses none yet.</summary>
    private long ActingVersion() =>
        _actors.Values.Select(actor => actor.PolicyVersion).Where(version => version >= 0).DefaultIfEmpty(-1).Min();

    [LoggerMessage(Level = LogLevel.Debug, Message = "run {RunId}: no policy yet: {Reason}")]
    private partial void LogNoPolicyYet(string runId, string reason);
}
