using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace Krewe.Cluster;

/// <summary>
/// An actor grain: runs the core's <see cref="ActorLoop"/> for one quantum per grain turn, so that other calls are served in between. It
/// holds no thread while it waits for replay.
/// </summary>
[KeepAlive, RolePlacement(SiloRoles.Actor), GrainType("krewe.actor")]
internal sealed partial class ActorGrain(ActorSilo silo, EnvironmentRegistry registry, ILogger<ActorGrain> logger) : Grain, IActorGrain, IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private CancellationTokenSource _released = new();
    private Task _work = Task.CompletedTask;
    private ActorLoop? _lockStep;
    private RunCounters? _lockStepCounters;
    private EpisodeTracker? _lockStepEpisodes;
    private long _lockStepEpisode;
    private bool _pending;

    private int Index => (int)this.GetPrimaryKeyLong(out _);

    private string RunId
    {
        get
        {
            this.GetPrimaryKeyLong(out string? runId);
            return runId!;
        }
    }

    private bool IsWantedElsewhere =>
        RequestContext.Get(IPlacementDirector.PlacementHintKey) is SiloAddress wanted && !wanted.Equals(GrainContext.Address.SiloAddress);

    public async Task Start(int actorCount)
    {
        if (_work.IsCompleted && IsWantedElsewhere)
        {
            // Orleans created this activation because of a caller's stale directory cache. The next start places the actor correctly.
            this.MigrateOnIdle();
            return;
        }

        ActorSiloRun run = await silo.Join(RunId);
        if (_work.IsCompleted)
        {
            if (_released.IsCancellationRequested)
            {
                // The migration failed.
                _released.Dispose();
                _released = new CancellationTokenSource();
            }

            ActorLoop actor = Make(run, actorCount);
            _work = Work(run, actor);
        }
    }

    public async Task Release()
    {
        await _released.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (RequestContext.Get(IPlacementDirector.PlacementHintKey) is SiloAddress)
        {
            // Deactivating is not enough: a caller with a stale directory cache would activate the actor here again, whatever the hint says.
            this.MigrateOnIdle();
        }
        else
        {
            DeactivateOnIdle();
        }
    }

    public async Task<ActorRollout> Collect(long start, long end, Pcg64State random)
    {
        ActorSiloRun run = await silo.Join(RunId);
        if (_lockStep is null)
        {
            _lockStepCounters = new RunCounters { Budget = 0 };
            _lockStepEpisodes = new EpisodeTracker();
            _lockStep = new ActorLoop(
                Index,
                run.Plan.Options.Actor,
                MakeEnvironments(run),
                NoExperience.Instance,
                run.Policies,
                _lockStepCounters,
                _lockStepEpisodes,
                random,
                agent: run.Plan.Agent.Kind,
                priorities: run.Plan.InitialPriorities);
        }

        if (_pending)
        {
            // Asking for the next rollout implies that the previous one has been stored.
            _lockStep.Acknowledge();
        }

        _lockStepCounters!.Lease(start, end);
        _pending = _lockStep.Collect();
        var returns = new double[EpisodeTracker.Window];
        var lengths = new int[EpisodeTracker.Window];
        long before = _lockStepEpisode;
        int ended = _lockStepEpisodes!.ReadSince(ref _lockStepEpisode, returns, lengths);
        return new ActorRollout
        {
            Batch = _lockStep.Batch,
            Returns = returns[..ended],
            Lengths = lengths[..ended],
            Episodes = _lockStepEpisode - before,
            RandomState = _lockStep.RandomState,
            Epsilon = _lockStep.Epsilon,
        };
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _released.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose()
    {
        // Not disposed: a fast shutdown does not wait for the work, which still checks whether it has been released.
        _released.Cancel();
        _lockStep?.Dispose();
    }

    private ActorLoop Make(ActorSiloRun run, int actorCount)
    {
        // Each activation explores differently and continues the batch numbers, so that replay never takes a new batch for a repeated one.
        long life = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        // A copy: all actors of a silo share the plan's options.
        TrainingOptions options = new OptionBinder(run.Plan.Options).Bind();
        options.Actor.Count = actorCount;
        return new ActorLoop(
            Index,
            options.Actor,
            MakeEnvironments(run),
            NoExperience.Instance,
            run.Policies,
            run.Counters,
            run.Episodes,
            RandomStreams.Create(options.Run.Seed ^ life, RandomStream.Exploration, Index).State,
            firstSequence: life << 20,
            agent: run.Plan.Agent.Kind,
            priorities: run.Plan.InitialPriorities);
    }

    private IVectorEnvironment MakeEnvironments(ActorSiloRun run)
    {
        TrainingOptions options = run.Plan.Options;
        return registry.MakeVector(options.Environment.Id, options.Actor.Environments, options.Environment.Kwargs, options.Environment.CheckBounds);
    }

    private async Task Work(ActorSiloRun run, ActorLoop actor)
    {
        string? failure = null;
        run.Add(actor);
        try
        {
            int shards = run.Plan.Options.Replay.Shards;
            var replay = new IReplayShardGrain[shards];
            for (int i = 0; i < shards; i++)
            {
                replay[i] = GrainFactory.GetGrain<IReplayShardGrain>(i, run.RunId);
            }

            await Task.Yield();
            int next = Index;
            var stepper = new ActorStepper(actor, () => run.IsWorking && !_released.IsCancellationRequested);
            while (await run.WaitForWork(_released.Token) && !_released.IsCancellationRequested)
            {
                switch (await stepper.Step())
                {
                    case CollectStatus.Exhausted when !await RenewLease(run):
                        return;
                    case CollectStatus.Unfinished:
                        await Task.Yield();
                        break;
                    case CollectStatus.Complete:
                        if (!await Send(run, actor, replay[next++ % shards]))
                        {
                            return;
                        }

                        break;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException || _released.IsCancellationRequested)
        {
            // The actor was released, or the silo is shutting down and has disposed its dependencies: not a failure of the run.
        }
        catch (Exception e)
        {
            failure = $"actor {Index}: {SiloText.Failure(e)}";
            LogLevel level = SiloText.LevelOf(e);
            LogFailed(level, RunId, Index, e);
        }
        finally
        {
            run.Remove(actor, failure);
            actor.Dispose();
            DeactivateOnIdle();
        }
    }

    private async Task<bool> RenewLease(ActorSiloRun run)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            try
            {
                return await run.RenewLease();
            }
            catch (Exception e) when (e is not (OperationCanceledException or KreweException))
            {
                string reason = SiloText.Of(e);
                LogWaitsForRun(RunId, Index, reason);
                await Task.Delay(pause, _released.Token);
                pause = Longer(pause);
            }
        }
    }

    /// <summary>Sends the batch until it is acknowledged. A lost shard is activated again under the same key.</summary>
    private async Task<bool> Send(ActorSiloRun run, ActorLoop actor, IReplayShardGrain shard)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(50);
        SegmentBatch batch = actor.Batch;
        while (true)
        {
            try
            {
                AppendReply reply = await shard.Append(batch);
                switch (reply.Status)
                {
                    case AppendStatus.Stored:
                        run.Acknowledge(batch.StepCount);
                        actor.Acknowledge();
                        return true;
                    case AppendStatus.Closed:
                        return false;
                }

                // Rate-limited for the longest time that a call may last: check whether the run still needs the batch, then send it again.
                if (!await run.WaitForWork(_released.Token))
                {
                    return false;
                }

                _released.Token.ThrowIfCancellationRequested();
            }
            catch (Exception e) when (e is not (OperationCanceledException or KreweException))
            {
                string reason = SiloText.Of(e);
                LogWaitsForShard(RunId, Index, reason);
                await Task.Delay(pause, _released.Token);
                pause = Longer(pause);
            }
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause < LongestPause ? 2 * pause : LongestPause;

    [LoggerMessage(Message = "run {RunId}: actor {Actor} failed")]
    private partial void LogFailed(LogLevel level, string runId, int actor, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: actor {Actor} is waiting for its shard: {Reason}")]
    private partial void LogWaitsForShard(string runId, int actor, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: actor {Actor} is waiting for the run: {Reason}")]
    private partial void LogWaitsForRun(string runId, int actor, string reason);
}
