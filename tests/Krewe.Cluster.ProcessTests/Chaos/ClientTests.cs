namespace Krewe.Cluster.ProcessTests;

/// <summary>Client commands while parts of the cluster are lost or hang.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task A_watch_continues_through_another_silo_when_its_gateway_is_lost()
    {
        await using TestCluster cluster = await TestCluster.Start("actor", "all");
        await cluster.Explain(async () =>
        {
            TestRun run = await TestRun.Submit(cluster, "watched", "--steps", "2000000000", "--set", "evaluation.interval=20000");
            SiloProcess gateway = cluster.Silos[0];
            CommandResult watch = await KreweSilo.RunUntil(
                "evaluation",
                async _ =>
                {
                    gateway.Kill();
                    await run.Until("whole without the gateway", TimeSpan.FromSeconds(60), status => TestRun.IsWhole(status) && status.ActorsRunning == 4);
                    (await cluster.Command("stop", "watched")).Ok();
                },
                "watch", "watched", "--gateway", gateway.Gateway, "--cluster-id", cluster.Id);
            Assert.Contains("interrupted; ", watch.Ok().Lines[^1], StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_run_that_cannot_be_stored_because_Redis_hangs_is_refused_in_one_line()
    {
        await using TestCluster cluster = await TestCluster.Start("all");
        await cluster.Explain(async () =>
        {
            cluster.Redis.Suspend();
            CommandResult submit = await cluster.Command("submit", "CartPole-v1", "--run-id", "late");
            cluster.Redis.Continue();
            submit.Refused(1, "--gateway " + cluster.Gateway, "the cluster could not serve the request");
            await Poll.Until("the cluster answers again", TimeSpan.FromSeconds(60), async () =>
                (await cluster.Command("status", "late")).Text.Contains("there is no such run", StringComparison.Ordinal));
        });
    }
}
