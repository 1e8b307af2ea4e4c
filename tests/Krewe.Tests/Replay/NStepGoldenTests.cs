using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

/// <summary>The n-step returns that the tests of tianshou and Stable-Baselines3 print, of the same steps in a shard.</summary>
public class NStepGoldenTests
{
    [Theory]
    [InlineData("ring_nstep_terminated_n2")]
    [InlineData("ring_nstep_truncated_n10")]
    public void Returns_of_a_ring_with_ends_and_a_write_head(string name)
    {
        GoldenCase golden = new(name);
        float[] rewards = golden.Flat("rewards_ring");
        float[] done = golden.Flat("done_ring");
        float[] truncated = golden.Flat("truncated_slots");
        var slots = new List<Slot>();
        var starts = new Dictionary<int, int>();
        for (int i = 0; i < rewards.Length; i++)
        {
            int slot = ((int)golden.Number("write_head_oldest") + i) % rewards.Length;
            starts.Add(slots.Count, slot);
            SlotFlags end = done[slot] == 0 ? SlotFlags.None : truncated.Contains(slot) ? SlotFlags.Truncated : SlotFlags.Terminated;

            // The case bootstraps from minus the reward of the slot that follows, at an end from the slot's own: here that is the observation.
            slots.Add(new Slot(rewards[slot], 0, rewards[slot], 1, end));
            if (end != SlotFlags.None || i == rewards.Length - 1)
            {
                slots.Add(new Slot(rewards[slot], 0, 0, 0, SlotFlags.Final));
            }
        }

        PacedShard shard = Paced(slots.Count, nStep: (int)golden.Number("n"), discount: golden.Number("gamma"));
        Assert.Equal(AppendStatus.Stored, shard.TryAppend(Batch([.. slots])));
        Dictionary<int, float> returns = SampleAll(shard, Scalar, draws: 2_000).ToDictionary(
            row => starts[(int)row.Key], row => row.Value.Return - (row.Value.Discount * row.Value.Next));
        golden.Check("returns", golden.Flat("sample_indices").Select(slot => returns[(int)slot]));
    }

    [Theory]
    [InlineData("sb3_nstep_open_n3", 8, -1, SlotFlags.None, "base")]
    [InlineData("sb3_nstep_write_head_n3", 2, -1, SlotFlags.None, "base")]
    [InlineData("sb3_nstep_terminated_at1_n3", 2, 1, SlotFlags.Terminated, "base")]
    [InlineData("sb3_nstep_truncated_at1_n5", 2, 1, SlotFlags.Truncated, "base")]
    public void Returns_of_rewards_of_one(string name, int steps, int endAt, SlotFlags end, string first)
    {
        GoldenCase golden = new(name);
        Slot[] slots = Segment(steps);
        for (int i = 0; i < steps; i++)
        {
            slots[i] = slots[i] with { Reward = 1, Flags = i == endAt ? end : SlotFlags.None };
        }

        double gamma = golden.Number("gamma");
        PacedShard shard = Paced(capacity: 10, nStep: (int)golden.Number("n"), discount: gamma);
        Assert.Equal(AppendStatus.Stored, shard.TryAppend(Batch(slots)));
        Row row = SampleAll(shard, Scalar, draws: 1_000)[(long)golden.Number(first)];
        golden.Check("reward", [row.Return]);
        golden.Check("done", [row.Discount == 0 ? 1 : 0]);
        if (end != SlotFlags.Terminated)
        {
            int covered = Math.Min((int)golden.Number("n"), steps - (int)golden.Number(first));
            Assert.Equal(Math.Pow(gamma, covered), row.Discount, 1e-6);
        }
    }

    [Fact]
    public void With_n_of_the_whole_segment_lambda_returns_of_lambda_1_are_n_step_returns()
    {
        var random = new Pcg64(11);
        const int Steps = 9;
        const double Gamma = 0.9;
        Slot[] slots = Segment(Steps);
        for (int i = 0; i < Steps; i++)
        {
            slots[i] = slots[i] with { Observation = random.NextSingle(), Reward = random.NextSingle() - 0.5f };
        }

        slots[Steps] = slots[Steps] with { Observation = 2.5f };
        PacedShard shard = Paced(capacity: 20, nStep: Steps, discount: Gamma);
        shard.TryAppend(Batch(slots));

        // The value of an observation is the observation.
        var returns = new float[Steps];
        float[] discounts = [.. Enumerable.Repeat((float)Gamma, Steps)];
        LambdaReturns.Fill(
            [.. slots[..Steps].Select(slot => slot.Reward)], discounts, [.. slots[1..].Select(slot => slot.Observation)], lambda: 1, returns);
        Dictionary<long, Row> rows = SampleAll(shard, Scalar, draws: 2_000);
        Assert.All(rows, row => Assert.Equal(returns[row.Key], row.Value.Return + (row.Value.Discount * row.Value.Next), 1e-5f));
        Assert.Equal(Steps, rows.Count);
    }
}
