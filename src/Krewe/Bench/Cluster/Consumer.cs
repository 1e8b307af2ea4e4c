using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>A thread that samples and discards the result.</summary>
internal sealed class Consumer : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Thread _thread;
    private long _consumed;

    public Consumer(IReplay replay, SampledBatch batch)
    {
        _thread = new Thread(() =>
        {
            while (!_ended.IsCancellationRequested)
            {
                if (replay.Sample(batch, TimeSpan.FromMilliseconds(100), CancellationToken.None) == SampleStatus.Sampled)
                {
                    Interlocked.Add(ref _consumed, batch.Count);
                }
            }
        })
        { IsBackground = true, Name = "krewe-bench-consumer" };
        _thread.Start();
    }

    public long Consumed => Interlocked.Read(ref _consumed);

    public void Dispose()
    {
        _ended.Cancel();
        _thread.Join();
        _ended.Dispose();
    }
}
