using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Replay;
using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

public sealed class ShardPlanTests
{
    private static readonly EnvironmentRegistry Registry = EnvironmentRegistry.CreateDefault();

    [Fact]
    public void Options_that_are_valid_in_one_process_give_valid_limiters_for_shards()
    {
        Pcg64 random = RandomStreams.Create(1, RandomStream.Replay);
        int valid = 0;
        for (int i = 0; i < 2_000; i++)
        {
            TrainingOptions options = RandomOptions(random);
            RunPlan plan = RunPlan.Create(options, Registry);
            RateLimiterSettings whole = RateLimiterSettings.For(options.Replay, plan.LargestAppend, options.Learner.BatchSize);
            if (options.Replay.ErrorBuffer > 0
                && options.Replay.ErrorBuffer < RateLimiter.SmallestErrorBuffer(whole.SamplesPerInsert, whole.LargestInsert, whole.LargestSample))
            {
                continue;
            }

            valid++;
            _ = new RateLimiter(whole);
            RateLimiterSettings settings = ShardPlan.Limiter(plan)!;
            var limiter = new RateLimiter(settings);
            Assert.Equal(ShardPlan.ShardRows(plan), limiter.LargestSample);
            Assert.Equal(plan.LargestAppend, limiter.LargestInsert);
            Assert.True((double)settings.MinSize * options.Replay.Shards >= options.Replay.MinSize);
            Assert.InRange(ShardPlan.LeastRows(plan), 1, ShardPlan.ShardRows(plan));
            Assert.True(ShardPlan.ShardRows(plan) * options.Replay.Shards >= options.Learner.BatchSize);
            if (options.Replay.Shards == 1 && options.Replay.ErrorBuffer > 0)
            {
                Assert.Equal(options.Replay.ErrorBuffer, limiter.ErrorBuffer);
            }
        }

        Assert.InRange(valid, 1_000, 2_000);
    }

    [Theory]
    [InlineData(1, 4096 + 4096)]
    [InlineData(2, 3072 + 2048)]
    [InlineData(4, 2560 + 1024)]
    public void Shards_share_the_room_beyond_the_smallest_error_buffer(int shards, double expected)
    {
        // CartPole's preset: appends of 16 * 32 transitions that are sampled 8 times, chunks of 64 * 64 rows for all shards together.
        TrainingOptions options = Preset.Load("CartPole-v1");
        options.Replay.Shards = shards;
        Assert.Equal(expected, ShardPlan.Limiter(RunPlan.Create(options, Registry))!.ErrorBuffer);
    }

    [Fact]
    public void In_lock_step_shards_do_not_pace() =>
        Assert.Null(ShardPlan.Limiter(RunPlan.Create(Sessions.Small("CartPole-v1", deterministic: true), Registry)));

    [Fact]
    public void Shards_share_the_capacity()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", deterministic: false);
        options.Replay.Shards = 3;
        RunPlan plan = RunPlan.Create(options, Registry);
        Assert.InRange(Enumerable.Range(0, 3).Sum(i => ShardPlan.Slots(plan, i)), options.Replay.Capacity - 2, options.Replay.Capacity);
    }

    private static TrainingOptions RandomOptions(Pcg64 random)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", deterministic: false);
        options.Actor.Environments = 1 + random.NextInt(64);
        options.Actor.SegmentLength = 1 + random.NextInt(64);
        options.Replay.Shards = 1 + random.NextInt(8);
        options.Replay.Capacity = 200_000;
        options.Replay.MinSize = 1 + random.NextInt(10_000);
        options.Replay.SamplesPerInsert = Math.Pow(10, random.NextUniform(-3, 3));
        options.Replay.ErrorBuffer = random.NextInt(2) == 0 ? 0 : Math.Pow(10, random.NextUniform(1, 7));
        options.Learner.BatchSize = 1 + random.NextInt(512);
        return options;
    }
}
