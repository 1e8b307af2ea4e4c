using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>
/// A queue of appends that wait for a shard's rate limiter, without a thread: first in, first out, with a timeout per append, and limited
/// to a number of bytes. Not thread-safe: owned by one grain.
/// </summary>
/// <param name="byteBudget">Bytes of batches that may wait.</param>
internal sealed class AppendLine(long byteBudget)
{
    private readonly LinkedList<Waiter> _line = [];
    private long _bytes;

    /// <summary>Whether no append waits.</summary>
    public bool IsEmpty => _line.Count == 0;

    /// <summary>Total time that completed appends waited.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Waits for the rate limiter.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="timeout">The longest wait.</param>
    /// <returns>The result; <see cref="AppendStatus.RateLimited"/> after the timeout, or after a short delay when the line is full.</returns>
    public async Task<AppendStatus> Join(SegmentBatch batch, TimeSpan timeout)
    {
        int bytes = batch.Bytes.Length;
        if (_bytes + bytes > byteBudget && _line.Count > 0)
        {
            // Answer late, because immediate retries would be a busy loop over the network.
            await Task.Delay(TimeSpan.FromMilliseconds(50));
            return AppendStatus.RateLimited;
        }

        var waiter = new Waiter(batch);
        LinkedListNode<Waiter> node = _line.AddLast(waiter);
        _bytes += bytes;
        long began = TimeProvider.System.GetTimestamp();
        try
        {
            return await waiter.Turn.Task.WaitAsync(timeout);
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

    /// <summary>Stores waiting batches in order for as long as replay accepts them.</summary>
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
                // A batch that replay rejects fails its sender, not the caller that made room for it.
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
