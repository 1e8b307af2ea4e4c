using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Networks;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// What the actors of one run share on one silo: the one copy of the policy, the steps leased from the run's budget, the counters, and
/// the reports to the run. Any thread.
/// </summary>
internal sealed partial class ActorSiloRun : IAsyncDisposable
{
    private static readonly TimeSpan ReportPeriod = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LeaseRetryPause = TimeSpan.FromMilliseconds(20);

    private readonly ITrainingRunGrain _run;
    private readonly ILearnerGrain _learner;
    private readonly Action<ActorSiloRun> _forget;
    private readonly ILogger _logger;
    private readonly string _silo;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationToken _endedToken;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, ActorLoop> _actors = [];
    private readonly LeaseClock _leaseClock = new();
    private readonly PolicyDemand _demand = new(TimeProvider.System);
    private readonly RunLink _link;
    private readonly SemaphoreSlim _reporting = new(1);
    private TaskCompletionSource _work = Signal();
    private TaskCompletionSource _firstPolicy = Signal();
    private Task<bool>? _renewal;
    private volatile RunDirective _directive = RunDirective.Pause;
    private long _acknowledged;
    private long _leased;
    private long _givenUp;
    private long _episodesReported;
    private string? _failure;
    private Task _reports = Task.CompletedTask;

    private ActorSiloRun(string runId, RunPlan plan, IGrainFactory grains, SiloAddress silo, Action<ActorSiloRun> forget, ILogger logger)
    {
        RunId = runId;
        Plan = plan;
        _endedToken = _ended.Token;
        _run = grains.GetGrain<ITrainingRunGrain>(runId);
        _learner = grains.GetGrain<ILearnerGrain>(runId);
        _silo = silo.ToParsableString();
        _forget = forget;
        _logger = logger;
        _link = new RunLink(runId, logger);
        Policies = new PolicyBoard(plan.Network);
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; }

    /// <summary>What the run is.</summary>
    public RunPlan Plan { get; }

    /// <summary>The silo's copy of the newest policy.</summary>
    public PolicyBoard Policies { get; }

    /// <summary>Steps leased and counted.</summary>
    public RunCounters Counters { get; } = new() { Budget = 0 };

    /// <summary>Episodes that ended on this silo.</summary>
    public EpisodeTracker Episodes { get; } = new();

    /// <summary>Asks the run what it is.</summary>
    public static async Task<ActorSiloRun> Create(
        string runId, IGrainFactory grains, SiloAddress silo, EnvironmentRegistry registry, Action<ActorSiloRun> forget, ILoggerFactory loggers)
    {
        (RunPlan plan, _) = await RunPlans.Fetch(grains, runId, registry);
        var run = new ActorSiloRun(runId, plan, grains, silo, forget, loggers.CreateLogger<ActorSiloRun>());

        // In lock step there is nothing to say, but to hear that the run is over: then it is forgotten.
        run._reports = run.ReportAlways();
        return run;
    }

    /// <summary>Takes a policy in, if it is newer.</summary>
    /// <returns>The newest version here.</returns>
    public long Publish(PolicySnapshot policy)
    {
        Policies.Publish(policy.Version, policy.Parameters.Span);
        PolicySnapshotCodec.Release(policy);
        _firstPolicy.TrySetResult();
        return Policies.Version;
    }

    /// <summary>Waits until the actors can use a newer policy than the one that has just come.</summary>
    public async Task WaitForDemand()
    {
        if (Plan.Options.Run.Deterministic)
        {
            // In lock step the learner publishes when it is asked to, and waits for the answer.
            return;
        }

        int actors;
        lock (_lock)
        {
            actors = _actors.Count;
        }

        await _demand.WaitForNext(actors, _endedToken);
    }

    /// <summary>Changes what the actors are to do.</summary>
    public void Direct(RunDirective directive)
    {
        lock (_lock)
        {
            if (_directive is RunDirective.Stop || _directive == directive)
            {
                return;
            }

            _directive = directive;
            if (directive == RunDirective.Pause)
            {
                _work = Signal();
            }
            else
            {
                _work.TrySetResult();
            }

            if (directive is RunDirective.Stop or RunDirective.Superseded)
            {
                // Nobody waits any longer for a policy. Only then: who is woken without one would ask again at once, for ever.
                _firstPolicy.TrySetResult();
            }
        }
    }

    /// <summary>An actor begins on this silo.</summary>
    public void Add(ActorLoop actor)
    {
        lock (_lock)
        {
            _actors[actor.ActorId] = actor;
        }
    }

    /// <summary>An actor leaves this silo.</summary>
    public void Remove(ActorLoop actor, string? failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            _givenUp += actor.StepsInHand;
            if (_actors.TryGetValue(actor.ActorId, out ActorLoop? known) && ReferenceEquals(known, actor))
            {
                _actors.Remove(actor.ActorId);
            }
        }
    }

    /// <summary>The oldest version that an actor acts with; -1 when none acts.</summary>
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

    /// <summary>Replay has acknowledged the environment steps of a window.</summary>
    public void Acknowledge(long steps)
    {
        Interlocked.Add(ref _acknowledged, steps);
        _demand.WindowEnded();
    }

    /// <summary>Whether actors are to work now.</summary>
    public bool IsWorking => _directive == RunDirective.Work;

    /// <summary>Waits, without a thread, until there is a policy and the run is not paused.</summary>
    /// <returns>False when the run ends.</returns>
    public async ValueTask<bool> WaitForWork(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task work;
            lock (_lock)
            {
                if (_directive == RunDirective.Work && Policies.Version >= 0)
                {
                    return true;
                }

                if (_directive is RunDirective.Stop or RunDirective.Superseded)
                {
                    return false;
                }

                work = _directive == RunDirective.Pause ? _work.Task : _firstPolicy.Task;
            }

            await work.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes the next portion of the run's steps; callers at the same time share one.</summary>
    /// <returns>Whether actors may try again; false when the budget is spent.</returns>
    public Task<bool> RenewLease()
    {
        lock (_lock)
        {
            // Not inlined into the lock: the renewal itself takes it.
            return _renewal is { IsCompleted: false } ? _renewal : _renewal = Task.Run(Renew);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        Direct(RunDirective.Stop);
        await _reports.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<bool> Renew()
    {
        // Another renewal may have come between the caller's failed claim and this one.
        if (Counters.Remaining > 0)
        {
            return true;
        }

        int window = Plan.LargestAppend;
        await SendReport();
        StepLease lease = await TakeLease(window);
        if (lease.End > lease.Start)
        {
            Counters.Lease(lease.Start, lease.End);
            return true;
        }

        if (!lease.Exhausted)
        {
            await Task.Delay(LeaseRetryPause, _ended.Token);
        }

        return !lease.Exhausted;
    }

    /// <summary>No report between asking and knowing: it would say that what was just taken is not outstanding, and another silo would get it too.</summary>
    private async Task<StepLease> TakeLease(int window)
    {
        await _reporting.WaitAsync(_ended.Token);
        try
        {
            StepLease lease = await _run.LeaseSteps(_silo, _leaseClock.Wanted(Volatile.Read(ref _leased), window), window);
            Interlocked.Add(ref _leased, lease.End - lease.Start);
            return lease;
        }
        finally
        {
            _reporting.Release();
        }
    }

    private async Task ReportAlways()
    {
        await PullPolicy();
        using var timer = new PeriodicTimer(ReportPeriod);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                try
                {
                    await SendReport();
                    _link.Answered();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The run comes back by itself; until then the actors go on with what they have.
                    _link.Failed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The silo is being shut down, or the run has ended.
        }
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
            // There may be no learner yet: it sends its first policy to every actor silo.
            LogNoPolicyYet(RunId, SiloText.Of(e));
        }
    }

    private async Task SendReport()
    {
        await _reporting.WaitAsync(_ended.Token);
        try
        {
            long episodes = _episodesReported;
            RunDirective directive = await _run.ReportActors(MakeReport(ref episodes));
            _episodesReported = episodes;
            Direct(directive);
            if (directive == RunDirective.Stop && IsIdle)
            {
                await _ended.CancelAsync();
                _forget(this);
            }
        }
        finally
        {
            _reporting.Release();
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

    private ActorSiloReport MakeReport(ref long episodes)
    {
        Span<double> returns = stackalloc double[EpisodeTracker.Window];
        Span<int> lengths = stackalloc int[EpisodeTracker.Window];
        int ended = Episodes.ReadSince(ref episodes, returns, lengths);
        long acknowledged = Volatile.Read(ref _acknowledged);
        lock (_lock)
        {
            ActorLoop? first = _actors.Count > 0 ? _actors.First().Value : null;
            return new ActorSiloReport
            {
                Silo = _silo,
                Actors = [.. _actors.Keys],
                Steps = acknowledged,
                StepsLeft = Volatile.Read(ref _leased) - acknowledged - _givenUp,
                Episodes = episodes,
                Returns = returns[..ended].ToArray(),
                Lengths = lengths[..ended].ToArray(),
                Epsilon = first?.Epsilon ?? 0,
                EpsilonOf = first?.ActorId ?? int.MaxValue,
                PolicyVersion = ActingVersion(),
                Failure = _failure,
            };
        }
    }

    /// <summary>An actor that has not begun its first window acts with no version yet.</summary>
    private long ActingVersion() =>
        _actors.Values.Select(actor => actor.PolicyVersion).Where(version => version >= 0).DefaultIfEmpty(-1).Min();

    [LoggerMessage(Level = LogLevel.Debug, Message = "run {RunId}: no policy yet: {Reason}")]
    private partial void LogNoPolicyYet(string runId, string reason);
}
