using Krewe.Contracts;


namespace Krewe.Cluster;

/// <summary>
/// Appends that wait for a shard's rate limiter, first come first served, each without a thread and for a bounded time, and no more of
/// them than a budget of bytes. Owned by one grain.
/// </summary>
/// <param name="byteBudget">Bytes of batches that may wait.</param>
internal sealed class AppendLine(long byteBudget)
{
    private readonly LinkedList<Waiter> _line = [];
    private long _bytes;

    /// <summary>Whether nobody waits.</summary>
    public bool IsEmpty => _line.Count == 0;

    /// <summary>Time that those who left had waited, summed.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Joins the line.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="patience">The longest wait.</param>
    /// <returns>What became of it; <see cref="AppendStatus.RateLimited"/> at once when the line is full.</returns>
    public async Task<AppendStatus> Join(SegmentBatch batch, TimeSpan patience)
    {
        int bytes = batch.Bytes.Length;
        if (_bytes + bytes > byteBudget && _line.Count > 0)
        {
            // Not to be asked again at once: that would be a busy loop over the network.
            await Task.Delay(TimeSpan.FromMilliseconds(50));
            return AppendStatus.RateLimited;
        }

        var waiter = new Waiter(batch);
        LinkedListNode<Waiter> node = _line.AddLast(waiter);
        _bytes += bytes;
        long began = TimeProvider.System.GetTimestamp();
        try
        {
            return await waiter.Turn.Task.WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            return AppendStatus.RateLimited;
        }
        finally
        {
            _bytes -= bytes;
            Waited += TimeProvider.System.GetElapsedTime(began);
            if (node.List is not null)
            {
                _line.Remove(node);
            }
        }
    }

    /// <summary>Lets those in, from the first on, whom replay takes.</summary>
    /// <param name="tryStore">Tries one batch.</param>
    public void Advance(Func<SegmentBatch, AppendStatus> tryStore)
    {
        while (_line.First is { } first)
        {
            AppendStatus status;
            try
            {
                status = tryStore(first.Value.Batch);
            }
            catch (ArgumentException e)
            {
                // A batch that replay refuses concerns its sender alone, not whoever made room for it.
                _line.RemoveFirst();
                first.Value.Turn.SetException(e);
                continue;
            }

            if (status == AppendStatus.RateLimited)
            {
                return;
            }

            _line.RemoveFirst();
            first.Value.Turn.SetResult(status);
        }
    }

    private sealed record Waiter(SegmentBatch Batch)
    {
        public TaskCompletionSource<AppendStatus> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
