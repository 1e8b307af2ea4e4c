using System.Runtime.InteropServices;
using Krewe.Contracts;
using static Krewe.Tests.WireFixtures;

namespace Krewe.Tests;

public class SegmentBatchCheckTests
{
    private static readonly SegmentSpec Box = new(ElementType.Float32, observationLength: 3, actionCount: 5);
    private static readonly SegmentSpec Continuous = new(
        ElementType.UInt8, observationLength: 2, observationCount: 0, ElementType.Float32, actionLength: 2, actionCount: 0);

    private static readonly SegmentSpec Discrete = new(ElementType.Int32, observationLength: 1, actionCount: 5, observationCount: 16);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_found_in_every_slot(float value)
    {
        SegmentBatch batch = RandomSegments(new Pcg64(1), Box, segments: 5, actor: 9, sequence: 12);
        for (int slot = 0; slot < batch.SlotCount; slot++)
        {
            Refused(batch, batch.Rewards, slot, value, $"batch 12 of actor 9, slot {slot} of {batch.SlotCount}: reward {value}, expected");
            Refused(batch, batch.Probabilities, slot, value, $"slot {slot} of {batch.SlotCount}: probability {value}, expected 0 to 1");
            Span<float> observations = MemoryMarshal.Cast<byte, float>(batch.Observations);
            Refused(batch, observations, (3 * slot) + (slot % 3), value, $"slot {slot} of {batch.SlotCount}: observation element {slot % 3} is {value}");
        }

        SegmentBatchCheck.Values(batch);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_continuous_action_that_is_not_finite_is_found_in_every_slot(float value)
    {
        SegmentBatch batch = RandomSegments(new Pcg64(4), Continuous, segments: 5);
        Span<float> actions = MemoryMarshal.Cast<byte, float>(batch.ActionBytes);
        for (int slot = 0; slot < batch.SlotCount; slot++)
        {
            Refused(batch, actions, (2 * slot) + (slot % 2), value, $"slot {slot} of {batch.SlotCount}: action element {slot % 2} is {value}, expected a finite");
        }

        SegmentBatchCheck.Values(batch);
    }

    [Fact]
    public void A_value_out_of_range_is_found_in_every_slot()
    {
        SegmentBatch batch = RandomSegments(new Pcg64(2), Discrete, segments: 5);
        for (int slot = 0; slot < batch.SlotCount; slot++)
        {
            Refused(batch, batch.Actions, slot, 5, $"slot {slot} of {batch.SlotCount}: action 5, expected 0 to 4");
            Refused(batch, batch.Actions, slot, -1, $"slot {slot} of {batch.SlotCount}: action -1, expected 0 to 4");
            Refused(batch, batch.Probabilities, slot, 1.5f, $"slot {slot} of {batch.SlotCount}: probability 1.5");
            Refused(batch, batch.Probabilities, slot, -0.5f, $"slot {slot} of {batch.SlotCount}: probability -0.5");
            Refused(batch, batch.Flags, slot, (SlotFlags)16, $"slot {slot} of {batch.SlotCount}: flags 16, expected 0 to 15");
            Span<int> observations = MemoryMarshal.Cast<byte, int>(batch.Observations);
            Refused(batch, observations, slot, 16, $"slot {slot} of {batch.SlotCount}: observation element 0 is 16, expected 0 to 15");
            Refused(batch, observations, slot, -1, $"slot {slot} of {batch.SlotCount}: observation element 0 is -1");
        }

        SegmentBatchCheck.Values(batch);
    }

    [Fact]
    public void The_density_of_a_continuous_action_may_be_above_1_but_not_below_0()
    {
        SegmentBatch batch = RandomSegments(new Pcg64(4), Continuous, segments: 5);
        batch.Probabilities.Fill(3.5f);
        SegmentBatchCheck.Values(batch);
        Refused(batch, batch.Probabilities, 1, -0.5f, $"slot 1 of {batch.SlotCount}: probability -0.5, expected a density, finite and not negative");
        Refused(batch, batch.Probabilities, 1, float.NaN, $"slot 1 of {batch.SlotCount}: probability NaN, expected");
    }

    [Fact]
    public void The_edges_of_the_ranges_are_accepted()
    {
        SegmentBatch batch = RandomSegments(new Pcg64(3), Box, segments: 5);
        batch.Rewards.Fill(float.MaxValue);
        batch.Rewards[1] = float.MinValue;
        batch.Probabilities.Fill(1);
        batch.Probabilities[1] = -0f;
        batch.Actions.Fill(4);
        MemoryMarshal.Cast<byte, float>(batch.Observations).Fill(float.Epsilon);

        SegmentBatchCheck.Values(batch);
    }

    private static void Refused<T>(SegmentBatch batch, Span<T> column, int index, T value, FormattableString message)
    {
        T before = column[index];
        column[index] = value;
        var error = Assert.Throws<InvalidDataFormatException>(() => SegmentBatchCheck.Values(batch));
        Assert.Contains(FormattableString.Invariant(message), error.Message, StringComparison.Ordinal);
        column[index] = before;
    }
}
