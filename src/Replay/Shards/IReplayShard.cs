using Krewe.Contracts;


namespace Krewe.Replay;

/// <summary>
/// What <see cref="ShardedReplay"/> needs of a shard: a <see cref="ReplayShard"/> of this process, or one that lives elsewhere. The front
/// paces and checks, the shard stores and selects; the front over the same shards and seed samples the same wherever they live. Every
/// member may be called from any thread.
/// </summary>
/// <remarks>
/// A shard that is gone throws nothing: it answers false and <see cref="SampleStatus.Closed"/>, and the front goes on without it.
/// </remarks>
public interface IReplayShard
{
    /// <summary>The shard's number, what <see cref="SampledBatch.Shards"/> says.</summary>
    int Index { get; }

    /// <summary>What a slot holds.</summary>
    SegmentSpec Spec { get; }

    /// <summary>Slots.</summary>
    int Capacity { get; }

    /// <summary>Whether the shard has a band of its own; behind a front it must not.</summary>
    bool IsPaced { get; }

    /// <summary>Whether priorities change what is sampled.</summary>
    bool UsesPriorities { get; }

    /// <summary>
    /// Transitions that can be sampled now, what the last store made of them included. Read while the front holds its gate: must not
    /// block nor ask another process.
    /// </summary>
    long Size { get; }

    /// <summary>Refuses a batch that cannot be appended, from constants alone: takes no lock, asks nobody.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="ArgumentException">It is for another spec, larger than the shard, or not whole segments.</exception>
    void Check(SegmentBatch batch);

    /// <summary>Appends a batch that <see cref="Check"/> let through.</summary>
    /// <param name="batch">The batch; the caller may reuse it as soon as this returns.</param>
    /// <returns>Whether it was stored; false once the shard is closed or gone.</returns>
    bool TryStore(SegmentBatch batch);

    /// <summary>Fills some rows of a batch, all columns of them, and sets <see cref="SampledBatch.TableSize"/> to <see cref="Size"/>.</summary>
    /// <param name="destination">The batch, of this shard's spec.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows, at least 1.</param>
    /// <param name="timeout">How long to wait at most; the front only tries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    SampleStatus SampleInto(SampledBatch destination, int start, int count, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Gives transitions new priorities; those whose slot has been overwritten are dropped.</summary>
    /// <param name="positions">Positions, [n].</param>
    /// <param name="priorities">Priorities, [n], finite and not negative: the front has checked them.</param>
    void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities);

    /// <summary>What is stored and what has gone through.</summary>
    ReplayStatistics GetStatistics();

    /// <summary>Everything is refused from now on.</summary>
    void Close();
}
