using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Tests;

/// <summary>
/// A shard behind a simulated wire, like a shard of a cluster: everything is transferred as bytes, and the size is that of the last
/// response.
/// </summary>
internal sealed class WireShard(ReplayShard inner) : IReplayShard
{
    private long _size = inner.Size;
    private double _mass = inner.Mass;

    /// <summary>Whether the shard is unreachable.</summary>
    public bool IsUnreachable { get; set; }

    public int Index => inner.Index;

    public SegmentSpec Spec => inner.Spec;

    public int Capacity => inner.Capacity;

    public bool UsesPriorities => inner.UsesPriorities;

    public long Size => Volatile.Read(ref _size);

    public double Mass => Volatile.Read(ref _mass);

    public long StaleUpdates => inner.StaleUpdates;

    public void Check(SegmentBatch batch) => inner.Check(batch);

    public bool TryStore(SegmentBatch batch)
    {
        if (IsUnreachable)
        {
            return false;
        }

        byte[] wire = batch.Bytes.ToArray();
        SegmentBatchHeader header = SegmentBatchHeader.Read(wire);
        header.CheckLength(wire.Length);
        var received = new SegmentBatch(header.Spec, header.SlotCount);
        wire.AsSpan(SegmentBatch.HeaderBytes).CopyTo(received.Receive(header));
        SegmentBatchCheck.Values(received);
        bool stored = inner.TryStore(received);
        Volatile.Write(ref _size, inner.Size);
        Volatile.Write(ref _mass, inner.Mass);
        return stored;
    }

    public bool TrySample(SampledBatch destination, int start, int count)
    {
        if (IsUnreachable)
        {
            return false;
        }

        var there = new SampledBatch(Spec, count);
        bool sampled = inner.TrySample(there, 0, count);
        if (sampled)
        {
            byte[] wire = there.Bytes.ToArray();
            SampledBatchHeader header = SampledBatchHeader.Read(wire);
            var here = new SampledBatch(header.Spec, header.Count);
            wire.AsSpan(SampledBatch.HeaderBytes).CopyTo(here.Receive(header));
            destination.CopyRows(here, 0, start, count);
            destination.TableSize = here.TableSize;
        }

        return sampled;
    }

    public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        inner.UpdatePriorities(positions, priorities);
        Volatile.Write(ref _mass, inner.Mass);
    }

    public void Close() => inner.Close();
}
