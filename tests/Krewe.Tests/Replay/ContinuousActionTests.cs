using System.Runtime.InteropServices;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

/// <summary>
/// Follows continuous actions from the environment to the learner. In <see cref="Push"/> the next observation is the observation plus the
/// action, so that every transition can be checked wherever it is.
/// </summary>
public sealed class ContinuousActionTests : IDisposable
{
    private const int Instances = 3;
    private const int SegmentLength = 40;

    private readonly TemporaryFolder _folder = new();
    private readonly EnvironmentRegistry _registry = new();

    public ContinuousActionTests() => _registry.RegisterAssembly(typeof(Push).Assembly);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_stored_and_sampled_transition_holds_the_action_that_was_taken(int dimensions)
    {
        SegmentBatch batch = Received(Rollout(dimensions));
        SegmentBatchCheck.Values(batch);
        int transitions = 0;
        for (int slot = 0; slot < batch.SlotCount; slot++)
        {
            if ((batch.Flags[slot] & SlotFlags.Final) == 0)
            {
                CheckMove(Slot(batch.Observations, slot), Slot(batch.ActionBytes, slot), Slot(batch.Observations, slot + 1));
                transitions++;
            }
        }

        Assert.Equal((Instances * SegmentLength, 4 * dimensions), (transitions, batch.Spec.ActionBytes));
        PacedShard shard = Paced(capacity: 2 * batch.SlotCount, spec: batch.Spec);
        shard.TryAppend(batch);
        shard.Save(_folder["shard"]);
        PacedShard loaded = Paced(capacity: 2 * batch.SlotCount, spec: batch.Spec);
        loaded.Load(_folder["shard"]);
        var rows = new SampledBatch(batch.Spec, 100);
        var again = new SampledBatch(batch.Spec, 100);
        shard.TrySample(rows);
        loaded.TrySample(again);
        Assert.Equal(rows.Bytes.ToArray(), again.Bytes.ToArray());
        again = Received(rows);
        for (int row = 0; row < rows.Count; row++)
        {
            CheckMove(Slot(again.Observations, row), Slot(again.ActionBytes, row), Slot(again.NextObservations, row));
        }

        float[] Slot(Span<byte> column, int index) => MemoryMarshal.Cast<byte, float>(column).Slice(index * dimensions, dimensions).ToArray();
    }

    [Fact]
    public void An_n_step_transition_holds_its_first_action()
    {
        SegmentBatch batch = Rollout(dimensions: 2);
        PacedShard shard = Paced(capacity: 2 * batch.SlotCount, nStep: 3, spec: batch.Spec);
        shard.TryAppend(batch);
        var rows = new SampledBatch(batch.Spec, 100);
        shard.TrySample(rows);
        for (int row = 0; row < rows.Count; row++)
        {
            Assert.Equal(batch.ActionBytes.Slice((int)rows.Positions[row] * 8, 8).ToArray(), rows.ActionBytes.Slice(row * 8, 8).ToArray());
        }
    }

    [Fact]
    public void Continuous_actions_are_no_indices()
    {
        SegmentBatch batch = Rollout(dimensions: 2);
        Assert.Contains("2 x Float32", Assert.Throws<InvalidOperationException>(() => { _ = batch.Actions; }).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => { _ = new SampledBatch(batch.Spec, 1).Actions; });
        var bytes = new BoxSpace(0, 255, [2], ElementType.UInt8);
        Assert.Contains("expected a discrete space or a box of float32", Assert.Throws<ArgumentException>(() => new SegmentSpec(bytes, bytes)).Message, StringComparison.Ordinal);
    }

    private static void CheckMove(float[] from, float[] action, float[] to) => Assert.Equal(from.Zip(action, (x, a) => x + a), to);

    private static SegmentBatch Received(SegmentBatch sent)
    {
        SegmentBatchHeader header = SegmentBatchHeader.Read(sent.Bytes.Span);
        header.CheckLength(sent.Bytes.Length);
        var received = new SegmentBatch(header.Spec, header.SlotCount);
        sent.Bytes.Span[SegmentBatch.HeaderBytes..].CopyTo(received.Receive(header));
        return received;
    }

    private static SampledBatch Received(SampledBatch sent)
    {
        SampledBatchHeader header = SampledBatchHeader.Read(sent.Bytes.Span);
        header.CheckLength(sent.Bytes.Length);
        var received = new SampledBatch(header.Spec, header.Count);
        sent.Bytes.Span[SampledBatch.HeaderBytes..].CopyTo(received.Receive(header));
        return received;
    }

    /// <summary>One rollout of random actions in several environments.</summary>
    private SegmentBatch Rollout(int dimensions)
    {
        using IVectorEnvironment environments = _registry.MakeVector("Push-v0", Instances, Arguments.Parse($"{{\"dimensions\":{dimensions}}}"));
        var rollout = new RolloutBuffer(new SegmentSpec(environments.ObservationSpace, environments.ActionSpace), Instances, SegmentLength);
        var random = new Pcg64(7);
        var buffers = new VectorBuffers(environments);
        buffers.Reset(seed: 1);
        rollout.Begin();
        var actions = new float[Instances * dimensions];
        for (int t = 0; t < SegmentLength; t++)
        {
            foreach (ref float action in actions.AsSpan())
            {
                action = (float)random.NextUniform(-1, 1);
            }

            byte[] observations = [.. buffers.ObservationBytes];
            buffers.StepBytes(MemoryMarshal.AsBytes(actions.AsSpan()));
            rollout.Add(observations, MemoryMarshal.AsBytes(actions.AsSpan()), new float[Instances], new byte[Instances], buffers.Result);
        }

        rollout.Complete(buffers.ObservationBytes, actorId: 1, policyVersion: 2, sequence: 3, Instances * SegmentLength);
        return rollout.Batch;
    }
}
