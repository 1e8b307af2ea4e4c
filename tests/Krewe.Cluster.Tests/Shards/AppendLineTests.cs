using Krewe.Contracts;

namespace Krewe.Cluster.Tests;

public sealed class AppendLineTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);
    private readonly AppendLine _line = new(byteBudget: 2_000);

    [Fact]
    public async Task Waiting_appends_are_admitted_in_order_until_one_does_not_fit()
    {
        Task<AppendStatus>[] waiting = [.. Enumerable.Range(0, 4).Select(i => _line.Join(Batches.Make(i, 1), Long))];
        List<int> stored = [];
        _line.Advance(batch => stored.Count < 2 ? Store(batch, stored) : AppendStatus.RateLimited);
        Assert.Equal([0, 1], stored);
        Assert.Equal([AppendStatus.Stored, AppendStatus.Stored], await Task.WhenAll(waiting[..2]));
        Assert.DoesNotContain(waiting[2..], task => task.IsCompleted);
        _line.Advance(batch => Store(batch, stored));
        await Task.WhenAll(waiting);
        Assert.Equal([0, 1, 2, 3], stored);
        Assert.True(_line.IsEmpty);
    }

    [Fact]
    public async Task An_expired_append_is_answered_and_not_stored_afterwards()
    {
        Assert.Equal(AppendStatus.RateLimited, await _line.Join(Batches.Make(1, 1), TimeSpan.Zero));
        _line.Advance(_ => throw new InvalidOperationException("no append is waiting"));
        Assert.True(_line.IsEmpty);
        Assert.True(_line.Waited >= TimeSpan.Zero);
    }

    [Fact]
    public async Task A_full_queue_accepts_no_more_until_it_has_room()
    {
        int bytes = Batches.Make(0, 1).Bytes.Length;
        List<Task<AppendStatus>> waiting = [];
        for (int i = 0; i < 2_000 / bytes; i++)
        {
            waiting.Add(_line.Join(Batches.Make(i, 1), Long));
        }

        Assert.Equal(AppendStatus.RateLimited, await _line.Join(Batches.Make(99, 1), Long));
        _line.Advance(_ => AppendStatus.Stored);
        await Task.WhenAll(waiting);
        Task<AppendStatus> again = _line.Join(Batches.Make(99, 1), Long);
        _line.Advance(_ => AppendStatus.Stored);
        Assert.Equal(AppendStatus.Stored, await again);
    }

    [Fact]
    public async Task A_batch_larger_than_the_whole_budget_may_wait_alone()
    {
        Task<AppendStatus> waiting = _line.Join(Batches.Make(1, 1, steps: 200), Long);
        _line.Advance(_ => AppendStatus.Stored);
        Assert.Equal(AppendStatus.Stored, await waiting);
    }

    [Fact]
    public async Task An_invalid_batch_fails_its_own_append_and_delays_no_other()
    {
        Task<AppendStatus> bad = _line.Join(Batches.Make(1, 1), Long);
        Task<AppendStatus> good = _line.Join(Batches.Make(2, 1), Long);
        _line.Advance(batch => batch.ActorId == 1 ? throw new ArgumentException("not whole segments") : AppendStatus.Stored);
        Assert.Equal("not whole segments", (await Assert.ThrowsAsync<ArgumentException>(() => bad)).Message);
        Assert.Equal(AppendStatus.Stored, await good);
        Assert.True(_line.IsEmpty);
    }

    private static AppendStatus Store(SegmentBatch batch, List<int> stored)
    {
        stored.Add(batch.ActorId);
        return AppendStatus.Stored;
    }
}
