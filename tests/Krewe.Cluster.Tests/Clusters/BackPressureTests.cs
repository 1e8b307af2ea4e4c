using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Replay;
using Krewe.Runtime;

namespace Krewe.Cluster.Tests;

[Collection(nameof(SeparateRoles))]
public sealed class BackPressureTests(SeparateRoles roles)
{
    [Fact]
    public async Task Actors_that_are_far_faster_than_the_learner_stay_within_the_error_buffer()
    {
        // 2,000 samples per step: the learner works for seconds on what actors produce in an instant.
        TrainingOptions options = Endless.Run(actors: 3);
        options.Replay.SamplesPerInsert = 2_000;
        TestRun run = await TestRun.Create(roles.Silos, options);
        RunPlan plan = RunPlans.Make(TestRun.Specification(run.Id, options), EnvironmentRegistry.CreateDefault());
        RateLimiter[] limiters = [.. Enumerable.Range(0, options.Replay.Shards).Select(_ => new RateLimiter(ShardPlan.Limiter(plan)))];
        var furthest = new double[limiters.Length];
        RunStatus last = await run.Until("many updates, and actors held back at every shard", status =>
        {
            for (int i = 0; i < limiters.Length; i++)
            {
                ReplayStatistics shard = run.Shard(i).GetStatus().Result.Statistics;
                double ahead = ((shard.Inserted - limiters[i].MinSize) * limiters[i].SamplesPerInsert) - shard.Sampled;
                Assert.True(
                    shard.Inserted <= limiters[i].MinSize || ahead <= limiters[i].ErrorBuffer,
                    $"shard {i}: {shard.Inserted} inserted, {shard.Sampled} sampled: {ahead} ahead, expected at most {limiters[i].ErrorBuffer}");
                furthest[i] = Math.Max(furthest[i], ahead);
            }

            // Rate-limited: one more batch would exceed the error buffer.
            return status.Figures.Updates > 20_000
                && !limiters.Where((limiter, i) => furthest[i] + (limiter.LargestInsert * limiter.SamplesPerInsert) <= limiter.ErrorBuffer).Any();
        });
        Assert.InRange(last.Figures.Replay.Size, 1, options.Replay.Capacity);
        await run.Grain.Stop();
        await run.UntilStopped();
    }
}
