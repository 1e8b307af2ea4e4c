using Krewe.Contracts.Grains;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests;

public sealed class MovingActorsTests : IAsyncLifetime
{
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.Start(null, SiloRoles.Learner | SiloRoles.Replay, SiloRoles.Actor);

    public async ValueTask DisposeAsync() => await _silos.DisposeAsync();

    [Fact]
    public async Task Actors_spread_over_a_silo_that_joins_and_return_when_one_is_killed_or_stopped()
    {
        TestRun run = await TestRun.Create(_silos, Endless.Run(actors: 4, shards: 1));
        await run.UntilUpdates(1);
        InProcessSiloHandle joined = await _silos.Add(SiloRoles.Actor);
        await Spread(run, 2, 2);

        RunStatus before = await run.Status();
        await _silos.Kill(joined);
        await Spread(run, 4);
        RunStatus after = await run.UntilUpdates(before.Figures.Updates + 100);
        Assert.InRange(after.Figures.EnvironmentSteps, before.Figures.EnvironmentSteps, long.MaxValue);
        Assert.Equal(1, after.LearnerEpoch);

        InProcessSiloHandle again = await _silos.Add(SiloRoles.Actor);
        await Spread(run, 2, 2);
        await _silos.Stop(again);
        await Spread(run, 4);

        // Steps of silos that have left are counted once: no more than replay has stored.
        await run.Grain.Pause();
        RunStatus idle = await run.UntilIdle();
        Assert.InRange(idle.Figures.EnvironmentSteps, after.Figures.EnvironmentSteps, (await run.Shard(0).GetStatus()).InsertedHere);
        await run.Grain.Stop();
        await run.UntilStopped();
    }

    [Fact]
    public async Task The_number_of_actors_follows_the_cores_of_the_actor_silos()
    {
        TestRun run = await TestRun.Create(_silos, Endless.Run(actors: 7, shards: 1), actorsPerCore: 1);
        await Spread(run, 2);
        InProcessSiloHandle joined = await _silos.Add(SiloRoles.Actor, cores: 3);
        await Spread(run, 2, 3);
        await _silos.Stop(joined);
        await Spread(run, 2);
        await run.Grain.Stop();
        await run.UntilStopped();
    }

    private static Task<RunStatus> Spread(TestRun run, params int[] actors) => run.Until(
        $"{string.Join(" and ", actors)} actors on its silos",
        status => status.ActorsBySilo.Values.Order().SequenceEqual(actors) && status.ActorsWanted == actors.Sum() && status.WaitsFor is null);
}
