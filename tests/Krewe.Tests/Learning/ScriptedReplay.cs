using Krewe.Contracts;

namespace Krewe.Tests;

/// <summary>A replay that answers requests for samples as told and checks that priorities come back for what it gave.</summary>
internal sealed class ScriptedReplay : IReplay
{
    private readonly Queue<(int[] Shards, long[] Positions)> _given = [];

    /// <summary>Answers, one after another; sampled once there are none left.</summary>
    public Queue<SampleStatus> Answers { get; } = new();

    public List<float[]> Priorities { get; } = [];

    public List<TimeSpan> Timeouts { get; } = [];

    public int Given { get; private set; }

    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Timeouts.Add(timeout);
        if (Answers.TryDequeue(out SampleStatus answer) && answer != SampleStatus.Sampled)
        {
            return answer;
        }

        Given++;
        for (int i = 0; i < destination.Count; i++)
        {
            destination.Shards[i] = (Given + i) % 3;
            destination.Positions[i] = ((long)Given << 33) + i;
        }

        _given.Enqueue((destination.Shards.ToArray(), destination.Positions.ToArray()));
        return SampleStatus.Sampled;
    }

    public bool UsesPriorities { get; set; } = true;

    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        (int[] givenShards, long[] givenPositions) = _given.Dequeue();
        Assert.Equal(givenShards, shards.ToArray());
        Assert.Equal(givenPositions, positions.ToArray());
        Priorities.Add(priorities.ToArray());
    }

    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ReplayStatistics GetStatistics() => default;
}
