using System.Globalization;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Replay;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>A shard grain: a <see cref="PacedShard"/>, or a <see cref="RolloutQueue"/> in its place, whose calls queue instead of blocking a thread.</summary>
[KeepAlive, RolePlacement(SiloRoles.Replay), GrainType("krewe.shard")]
internal sealed partial class ReplayShardGrain(
    SiloSettings settings, EnvironmentRegistry registry, ILogger<ReplayShardGrain> logger) : Grain, IReplayShardGrain
{
    private const long LineBytes = 64L << 20;

    // The largest mini-batch that the options allow: in lock step a shard has no limiter with a smaller bound.
    private const int MostRows = 65_536;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(IReplayShardGrain.MaxWaitSeconds);

    private readonly AppendLine _appends = new(LineBytes);
    private readonly RepeatedBatches _stored = new();
    private readonly long _incarnation = DateTimeOffset.UtcNow.Ticks;
    private TaskCompletionSource? _changed;
    private PacedShard? _shard;
    private IExperienceStore? _store;
    private RolloutDesk? _rollouts;
    private ShardSnapshot? _snapshot;
    private TaskCompletionSource? _saving;
    private ReplayStatistics _asOfSaving;
    private long _insertedBefore;
    private long _sampledBefore;
    private TimeSpan _sampleWait;

    private int Index => (int)this.GetPrimaryKeyLong(out _);

    private string RunId
    {
        get
        {
            this.GetPrimaryKeyLong(out string? runId);
            return runId!;
        }
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        ITrainingRunGrain run = GrainFactory.GetGrain<ITrainingRunGrain>(RunId);
        RunSpecification specification = await run.GetSpecification()
            ?? throw new InvalidOptionException($"run {RunId}: there is no such run");
        if (await run.GetStatus(int.MaxValue) is { } status && status.State.IsOver())
        {
            // A late call: it is answered that the run has ended, no memory is allocated, and the grain deactivates.
            this.RegisterGrainTimer(Close, new GrainTimerCreationOptions(CallTimeout, Timeout.InfiniteTimeSpan) { Interleave = true });
            return;
        }

        RunPlan plan = RunPlans.Make(specification, registry);
        plan.CheckMemory(ShardPlan.Slots(plan, Index), networkCopies: 0);

        if (plan.Feed == FeedKind.Rollouts)
        {
            var queue = new RolloutQueue(plan.Segments, plan.RolloutSlots);
            (_store, _rollouts) = (queue, new RolloutDesk(queue, plan.RolloutSlots, _incarnation));
            return;
        }

        // Priorities of samples that an earlier activation returned must not be taken for those of this one's transitions.
        ReplayShardSettings shard = ShardPlan.Settings(plan, Index) with { FirstPosition = _incarnation };
        _store = _shard = new PacedShard(new ReplayShard(shard), ShardPlan.Limiter(plan));
        _snapshot = new ShardSnapshot(settings, RunId, Index);
        LoadSnapshot(keep: specification.SnapshotSeconds > 0);
        if (specification.SnapshotSeconds > 0)
        {
            TimeSpan period = TimeSpan.FromSeconds(specification.SnapshotSeconds);
            this.RegisterGrainTimer(Save, new GrainTimerCreationOptions(period, period) { Interleave = true });
        }

        ReplayStatistics statistics = _shard.GetStatistics();
        (_insertedBefore, _sampledBefore) = (statistics.Inserted, statistics.Sampled);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_store is not null)
        {
            // Graceful shutdown: if the data folder is shared, the shard continues elsewhere with its content.
            await Save();
            await Close();
        }
    }

    public Task<ShardStatus> GetStatus() => Task.FromResult(Status());

    public async Task<AppendReply> Append(SegmentBatch batch)
    {
        try
        {
            if (batch.IsReceived)
            {
                // Batches are checked where they enter the process; batches from this process were checked by their producer.
                SegmentBatchCheck.Values(batch);
            }

            AppendStatus status = _appends.IsEmpty ? TryStore(batch) : AppendStatus.RateLimited;
            if (status == AppendStatus.RateLimited)
            {
                status = await _appends.Join(batch, CallTimeout);
            }

            return new AppendReply(status, Statistics().Size, _shard?.Mass ?? 0);
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataFormatException)
        {
            throw new InvalidDataFormatException($"run {RunId}: shard {Index} rejected a batch of actor {batch.ActorId}: {e.Message}", e);
        }
        finally
        {
            if (batch.IsReceived)
            {
                SegmentBatchCodec.Release(batch);
            }
        }
    }

    public async Task<SampleReply> Sample(int minimum, int maximum)
    {
        CheckRows(minimum, maximum);
        long began = TimeProvider.System.GetTimestamp();
        bool waited = false;
        while (true)
        {
            PacedShard? shard = _shard;
            if (shard is null)
            {
                return new SampleReply { Status = SampleStatus.Closed, Shard = Status() };
            }

            SampleStatus status = SampleStatus.RateLimited;
            if (_saving is null)
            {
                SampledBatch batch = SampledBatchCodec.Rent(shard.Spec, maximum);
                status = shard.SampleUpTo(batch, minimum, maximum);
                if (status == SampleStatus.Sampled)
                {
                    CountWait();
                    _appends.Advance(TryStore);
                    return new SampleReply { Status = status, Batch = batch, Shard = Status() };
                }

                SampledBatchCodec.Release(batch);
            }

            TimeSpan left = CallTimeout - TimeProvider.System.GetElapsedTime(began);
            if (status == SampleStatus.Closed || left <= TimeSpan.Zero)
            {
                CountWait();
                return new SampleReply { Status = status, Shard = Status() };
            }

            waited = true;
            await WaitForChange(left);
        }

        void CountWait() => _sampleWait += waited ? TimeProvider.System.GetElapsedTime(began) : TimeSpan.Zero;
    }

    public async Task<SampleReply> UpdateAndSample(long[] positions, float[] priorities, int minimum, int maximum)
    {
        // While a snapshot is written, the priorities wait for its end, and the request for samples as long as it may.
        Task updated = UpdatePriorities(positions, priorities);
        if (updated.IsCompleted)
        {
            await updated;
        }
        else
        {
            updated.Ignore();
        }

        return await Sample(minimum, maximum);
    }

    public async Task<RolloutReply> TakeRollout(long epoch, long after, double seconds)
    {
        long began = TimeProvider.System.GetTimestamp();
        TimeSpan timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, IReplayShardGrain.MaxWaitSeconds));
        while (true)
        {
            long number = 0;
            SegmentBatch? rollout = null;
            SampleStatus status = _rollouts?.Take(epoch, after, out number, out rollout) ?? SampleStatus.Closed;
            TimeSpan left = timeout - TimeProvider.System.GetElapsedTime(began);
            if (status != SampleStatus.RateLimited || left <= TimeSpan.Zero)
            {
                _sampleWait += TimeProvider.System.GetElapsedTime(began);
                _appends.Advance(TryStore);
                return new RolloutReply { Status = status, Number = number, Batch = rollout, Shard = Status() };
            }

            await WaitForChange(left);
        }
    }

    public async Task<double> UpdatePriorities(long[] positions, float[] priorities)
    {
        await Saved();
        var shards = new int[positions.Length];
        shards.AsSpan().Fill(Index);
        _shard?.UpdatePriorities(shards, positions, priorities);
        return _shard?.Mass ?? 0;
    }

    public async Task CompleteAppends()
    {
        await Saved();
        _store?.CompleteAppends();
        Changed();
    }

    public async Task Save()
    {
        // Not with the method below: no other snapshot may start between the last one and the following code.
        while (_saving is not null)
        {
            await _saving.Task;
        }

        if (_snapshot is not { } snapshot || _shard is not { } shard)
        {
            return;
        }

        // A shard may hold gigabytes. Calls that arrive during a save are queued instead of waiting for the shard's lock, which would
        // block the silo's threads for all of its grains.
        _asOfSaving = shard.GetStatistics();
        _saving = Signal();
        try
        {
            await Task.Factory.StartNew(() => snapshot.Save(shard), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (IOException e)
        {
            LogNotSaved(RunId, Index, SiloText.Of(e));
        }
        finally
        {
            TaskCompletionSource saved = _saving;
            _saving = null;
            saved.SetResult();
            _appends.Advance(TryStore);
            Changed();
        }
    }

    public async Task Close()
    {
        await Saved();
        _store?.Close();
        _appends.Advance(TryStore);
        (_store, _shard, _rollouts) = (null, null, null);
        Changed();
        DeactivateOnIdle();
    }

    /// <summary>Waits until no snapshot is being written.</summary>
    private async Task Saved()
    {
        while (_saving is not null)
        {
            await _saving.Task;
        }
    }

    private void CheckRows(int minimum, int maximum)
    {
        int most = _shard?.LargestSample ?? int.MaxValue;
        if (minimum < 1 || maximum < minimum || maximum > most || maximum > MostRows)
        {
            throw new InvalidDataFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"run {RunId}: shard {Index} was asked for {minimum} to {maximum} transitions: expected 1 to {Math.Min(most, MostRows)}"));
        }
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AppendStatus TryStore(SegmentBatch batch)
    {
        if (_store is null)
        {
            return AppendStatus.Closed;
        }

        if (_stored.Contains(batch))
        {
            return AppendStatus.Stored;
        }

        if (_saving is not null)
        {
            return AppendStatus.RateLimited;
        }

        AppendStatus status = _store.Append(batch, TimeSpan.Zero, CancellationToken.None);
        if (status == AppendStatus.Stored)
        {
            _stored.Add(batch);
            Changed();
        }

        return status;
    }

    private async Task WaitForChange(TimeSpan timeout) => await (_changed ??= Signal()).Task.WaitAsync(timeout)
        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    /// <summary>Wakes waiting sample calls, which check whether there are enough transitions.</summary>
    private void Changed()
    {
        TaskCompletionSource? changed = _changed;
        _changed = null;
        changed?.TrySetResult();
    }

    private ReplayStatistics Statistics() => _saving is null ? _store?.GetStatistics() ?? default : _asOfSaving;

    private ShardStatus Status()
    {
        ReplayStatistics statistics = Statistics();
        return new ShardStatus(_incarnation, statistics.Inserted - _insertedBefore, statistics with
        {
            AppendWait = _appends.Waited,
            SampleWait = _sampleWait,
        });
    }

    /// <summary>Restores the snapshot of the previous activation. Unless snapshots are periodic, it is used only once: later it would be outdated.</summary>
    private void LoadSnapshot(bool keep)
    {
        try
        {
            if (_snapshot!.TryLoad(_shard!, keep))
            {
                LogLoaded(RunId, Index, _shard!.Size);
            }
        }
        catch (InvalidDataFormatException e)
        {
            LogNotLoaded(RunId, Index, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: the snapshot of shard {Shard} could not be written: {Reason}")]
    private partial void LogNotSaved(string runId, int shard, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: the snapshot of shard {Shard} cannot be used, so the shard starts empty: {Reason}")]
    private partial void LogNotLoaded(string runId, int shard, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: shard {Shard} starts with the {Transitions} transitions of its snapshot")]
    private partial void LogLoaded(string runId, int shard, long transitions);
}
