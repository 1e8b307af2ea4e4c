using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Tests;

/// <summary>
/// A replay that checks every batch against what <see cref="CodedVectorEnvironment"/> must have produced: consecutive steps of one episode
/// in each segment, also across batches, final observations, flags, probabilities and numbering.
/// </summary>
internal sealed class CheckingReplay(int environments, int actorId, Func<int, int, int> length) : IReplay
{
    private readonly int[] _episode = new int[environments];
    private readonly int[] _step = new int[environments];

    /// <summary>Answers to give instead of storing, in order.</summary>
    public Queue<AppendStatus> Answers { get; } = new();

    public List<long> Versions { get; } = [];

    public List<(int Action, float Probability, SlotFlags Flags, long Version)> Stored { get; } = [];

    public long Sequence { get; private set; } = -1;

    public long StepCount { get; private set; }

    public byte[]? Refused { get; private set; }

    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (Answers.TryDequeue(out AppendStatus answer) && answer != AppendStatus.Stored)
        {
            Refused = batch.Bytes.ToArray();
            return answer;
        }

        Assert.Equal(actorId, batch.ActorId);
        Assert.Equal(Sequence + 1, batch.Sequence);
        Sequence = batch.Sequence;
        Versions.Add(batch.PolicyVersion);
        Assert.Equal(batch.StepCount, batch.Flags.ToArray().Count(flags => flags != SlotFlags.Final));
        StepCount += batch.StepCount;
        CheckSegments(batch);
        return AppendStatus.Stored;
    }

    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken) => throw new NotSupportedException();

    public bool UsesPriorities => false;

    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities) => throw new NotSupportedException();

    public ReplayStatistics GetStatistics() => default;

    private void CheckSegments(SegmentBatch batch)
    {
        int slot = 0;
        while (slot < batch.SlotCount)
        {
            (int instance, int episode, int step) = Read(batch, slot);
            Assert.Equal((_episode[instance], _step[instance]), (episode, step));
            while (batch.Flags[slot] != SlotFlags.Final)
            {
                Assert.Equal((instance, episode, step), Read(batch, slot));
                CheckStep(batch, slot++, instance, episode, step++);
            }

            // The final slot has the observation after the last step, of the same episode even if that step ended it.
            Assert.Equal((instance, episode, step), Read(batch, slot));
            Assert.Equal((0, 0f, 0f), (batch.Actions[slot], batch.Rewards[slot], batch.Probabilities[slot]));
            bool ended = step == length(instance, episode);
            Assert.Equal(ended, (batch.Flags[slot - 1] & (SlotFlags.Terminated | SlotFlags.Truncated)) != 0);
            (_episode[instance], _step[instance]) = ended ? (episode + 1, 0) : (episode, step);
            slot++;
        }
    }

    private void CheckStep(SegmentBatch batch, int slot, int instance, int episode, int step)
    {
        int action = batch.Actions[slot];
        Assert.Equal(CodedVectorEnvironment.Reward(instance, episode, step, action), batch.Rewards[slot]);
        SlotFlags ended = step + 1 < length(instance, episode) ? SlotFlags.None
            : CodedVectorEnvironment.Terminates(episode) ? SlotFlags.Terminated
            : SlotFlags.Truncated;
        Assert.Equal(ended, batch.Flags[slot] & ~SlotFlags.Greedy);
        Assert.InRange(batch.Probabilities[slot], float.Epsilon, 1f);
        Stored.Add((action, batch.Probabilities[slot], batch.Flags[slot], batch.PolicyVersion));
    }

    private static (int Instance, int Episode, int Step) Read(SegmentBatch batch, int slot)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(batch.Observations).Slice(slot * CodedVectorEnvironment.Elements, CodedVectorEnvironment.Elements);
        return ((int)values[0], (int)values[1], (int)values[2]);
    }
}
