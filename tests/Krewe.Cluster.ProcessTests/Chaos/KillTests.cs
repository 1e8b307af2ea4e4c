using System.Globalization;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster.ProcessTests;

/// <summary>One run loses every part of its cluster in turn and keeps learning.</summary>
[TestMethodOrderer(typeof(InOrder))]
public sealed class KillTests(ChaosCluster chaos, ITestOutputHelper output) : IClassFixture<ChaosCluster>
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Progress = TimeSpan.FromSeconds(30);

    private TestCluster Cluster => chaos.Cluster;

    private TestRun Run => chaos.Run;

    [Fact, Step(1)]
    public Task An_actor_silo_is_lost_and_its_actors_return() => Cluster.Explain(async () =>
    {
        SiloProcess lost = Cluster.Silos.First(silo => silo is { Roles: "actor", Process.HasExited: false });
        await Replace(lost, (_, status, silo) => Task.FromResult(
            status.ActorsRunning == 4 && Hosts(status, silo) == 2 && Hosts(status, lost) == 0));
    });

    [Fact, Step(2)]
    public Task A_replay_silo_is_lost_and_the_other_shard_keeps_everything() => Cluster.Explain(async () =>
    {
        SiloProcess lost = await Run.SiloOfShard(0);
        await Replace(lost, async (before, status, _) =>
            status.ShardsRunning == TestRun.Shards && await Run.Shard(0) is { Statistics.Sampled: > 0 } shard
            && shard.Incarnation != before.Shards[0].Incarnation);
    });

    [Fact, Step(3)]
    public Task The_learner_silo_is_lost_and_learning_continues_from_its_last_checkpoint() => Cluster.Explain(async () =>
    {
        SiloProcess lost = Cluster.Silos.Single(silo => silo is { Roles: "learner", Process.HasExited: false });
        await Replace(lost, (before, status, silo) => Task.FromResult(
            status.LearnerEpoch > before.Status.LearnerEpoch && IsOn(status.LearnerSilo, silo)));
    });

    [Fact, Step(4)]
    public Task The_silo_of_the_run_itself_is_lost_and_the_run_recovers() => Cluster.Explain(async () =>
    {
        SiloProcess lost = await Run.SiloOfRun();
        output.WriteLine($"the run was on a silo with the role {lost.Roles}");
        await Replace(lost, async (_, status, _) => status.ActorsRunning == 4 && await Run.SiloOfRun() != lost);
    });

    [Fact, Step(5)]
    public Task The_learner_silo_and_an_actor_silo_are_lost_at_once() => Cluster.Explain(async () =>
    {
        Snapshot before = await Look();
        SiloProcess learner = Cluster.Silos.Single(silo => silo is { Roles: "learner", Process.HasExited: false });
        SiloProcess actor = Cluster.Silos.First(silo => silo is { Roles: "actor", Process.HasExited: false });
        Checkpoint checkpoint = await LastCheckpoint();
        learner.Kill();
        actor.Kill();
        SiloProcess[] replacements = [Cluster.StartSilo(learner.Roles), Cluster.StartSilo(actor.Roles)];
        await Task.WhenAll(replacements.Select(silo => silo.Ready()));
        TimeSpan took = await Run.Until("running with all roles after the loss of two silos", Recovery, status =>
            TestRun.IsWhole(status) && status.LearnerEpoch > before.Status.LearnerEpoch && status.ActorsRunning == 4 && Hosts(status, actor) == 0);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"recovered {took.TotalSeconds:F1} s after both replacements were ready"));
        await AssertNotBehind(checkpoint);
        await AssertSurvived(before, lost: null);
    });

    [Fact, Step(6)]
    public Task Redis_is_down_for_20_seconds_and_the_run_continues() => Cluster.Explain(async () =>
    {
        Snapshot before = await Look();
        Cluster.Redis.Stop();
        await Task.Delay(TimeSpan.FromSeconds(20));
        await Cluster.Redis.Resume();
        TimeSpan took = await Run.Until("running with all roles after Redis", Recovery, TestRun.IsWhole);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"recovered {took.TotalSeconds:F1} s after Redis was back"));
        Assert.All(Cluster.Silos.Where(silo => before.Silos.Contains(silo)), silo => Assert.False(silo.Process.HasExited, $"{silo.Roles} {silo.Address} ended"));
        await AssertSurvived(before, lost: null);
    });

    [Fact, Step(7)]
    public Task The_run_ends_solved() => Cluster.Explain(async () =>
    {
        int known = (await Run.Status()).EvaluationCount;
        RunStatus status = await Run.Status();
        await Poll.Until("an evaluation of the network after all losses is solved", TimeSpan.FromSeconds(60), async () =>
            (status = await Run.Status(known)).Evaluations.Any(point => point.Mean >= 475));
        await Run.Grain.Stop();
        await Run.Until("the run ends", Progress, last => last.State == RunState.Stopped);
        RunStatus end = await Run.Status();
        Assert.True(end.Figures.BestMean >= 475, $"best {end.Figures.BestMean}");
        Assert.True(CheckpointFolder.Read(end.Outcome!.Checkpoint!).EvaluationMean >= 475);
        chaos.Watch.AssertNothingDecreased();
    });

    /// <summary>Kills a silo, starts a replacement with its role, and waits until the run is whole again.</summary>
    private async Task Replace(SiloProcess lost, Func<Snapshot, RunStatus, SiloProcess, Task<bool>> isBack)
    {
        Snapshot before = await Look();
        Checkpoint checkpoint = await LastCheckpoint();
        lost.Kill();
        SiloProcess replacement = Cluster.StartSilo(lost.Roles);
        await replacement.Ready();
        TimeSpan took = await Run.Until(
            $"running with all roles after the loss of {lost.Roles} {lost.Address}",
            Recovery,
            async status => TestRun.IsWhole(status) && await isBack(before, status, replacement));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"recovered {took.TotalSeconds:F1} s after the replacement of {lost.Roles} was ready"));
        await AssertNotBehind(checkpoint);
        await AssertSurvived(before, lost);
    }

    private async Task AssertNotBehind(Checkpoint checkpoint)
    {
        RunFigures figures = (await Run.Status()).Figures;
        Assert.True(figures.Updates >= checkpoint.Updates, "updates fell below the last checkpoint");
        Assert.True(figures.EnvironmentSteps >= checkpoint.EnvironmentSteps, "environment steps fell below the last checkpoint");
    }

    /// <summary>Reads the last checkpoint. While the learner replaces it, there is none for a moment.</summary>
    private async Task<Checkpoint> LastCheckpoint()
    {
        Checkpoint? checkpoint = null;
        await Poll.Until("there is a checkpoint", Progress, () =>
        {
            checkpoint = CheckpointFolder.Read(Path.Combine(Run.Folder, "last"));
            return Task.FromResult(true);
        });
        return checkpoint!;
    }

    private async Task<Snapshot> Look()
    {
        SiloProcess[] hosts = [.. await Task.WhenAll(Enumerable.Range(0, TestRun.Shards).Select(Run.SiloOfShard))];
        ShardStatus[] shards = [.. await Task.WhenAll(Enumerable.Range(0, TestRun.Shards).Select(Run.Shard))];
        return new Snapshot(await Run.Status(), hosts, shards, [.. Cluster.Silos.Where(silo => !silo.Process.HasExited)]);
    }

    private async Task AssertSurvived(Snapshot before, SiloProcess? lost)
    {
        for (int i = 0; i < TestRun.Shards; i++)
        {
            ShardStatus now = await Run.Shard(i);
            bool survives = before.Hosts[i] != lost;
            Assert.True(survives == (now.Incarnation == before.Shards[i].Incarnation), $"shard {i} {(survives ? "was not on the lost silo and lost its content" : "was on the lost silo but has the same incarnation")}");
            Assert.True(!survives || now.InsertedHere >= before.Shards[i].InsertedHere, $"shard {i} lost acknowledged batches");
        }

        RunStatus status = await Run.Status();
        await Run.Until("steps and updates increase", Progress, next =>
            next.Figures.EnvironmentSteps > Math.Max(before.Status.Figures.EnvironmentSteps, status.Figures.EnvironmentSteps)
            && next.Figures.Updates > status.Figures.Updates);
        chaos.Watch.AssertNothingDecreased();
    }

    private static int Hosts(RunStatus status, SiloProcess silo) =>
        status.ActorsBySilo.Where(pair => IsOn(pair.Key, silo)).Sum(pair => pair.Value);

    private static bool IsOn(string? address, SiloProcess silo) => address?.StartsWith(silo.Address + "@", StringComparison.Ordinal) ?? false;

    private sealed record Snapshot(RunStatus Status, SiloProcess[] Hosts, ShardStatus[] Shards, SiloProcess[] Silos);
}
