using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

public sealed class ClusterCheckTests
{
    private static readonly SiloProfile Large = new(SiloRoles.Replay, 2, 8L << 30, "large");
    private static readonly SiloProfile Tiny = new(SiloRoles.Replay, 2, 100_000, "tiny");
    private readonly TrainingOptions _options = Sessions.Small("CartPole-v1", deterministic: false);

    [Fact]
    public void A_run_that_fits_is_accepted() => Check(new Members(Large));

    [Fact]
    public void A_run_is_accepted_before_there_is_a_silo_for_its_shards() => Check(new Members(Large with { Roles = SiloRoles.Actor }));

    [Fact]
    public void Shards_that_do_not_fit_into_the_smallest_replay_silo_are_refused_with_what_they_need()
    {
        _options.Replay.Capacity = 10_000_000;
        string message = Refused(new Members(Large, Tiny));
        Assert.Contains("replay.capacity 10000000", message, StringComparison.Ordinal);
        Assert.Contains("2 replay silos", message, StringComparison.Ordinal);
        Assert.Contains("add replay silos", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_of_silos_without_the_role_does_not_count()
    {
        _options.Replay.Capacity = 10_000_000;
        Check(new Members(Large, Tiny with { Roles = SiloRoles.Actor | SiloRoles.Learner }));
    }

    [Fact]
    public void More_replay_silos_make_room()
    {
        _options.Replay.Shards = 4;
        _options.Replay.Capacity = 8_000;
        SiloProfile small = new(SiloRoles.Replay, 2, 70_000, "small");
        Refused(new Members(small, small));
        Check(new Members(small, small, small, small));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_001)]
    [InlineData(double.NaN)]
    public void Actors_per_core_out_of_range_are_refused(double value) =>
        Assert.StartsWith("actors per core", Refused(new Members(Large), actorsPerCore: value), StringComparison.Ordinal);

    [Theory]
    [InlineData(-1)]
    [InlineData(0.5)]
    [InlineData(100_000)]
    [InlineData(double.NaN)]
    public void Snapshot_seconds_out_of_range_are_refused(double value) =>
        Assert.StartsWith("snapshot seconds", Refused(new Members(Large), snapshotSeconds: value), StringComparison.Ordinal);

    [Fact]
    public void Saved_replay_is_refused_with_what_to_use_instead()
    {
        _options.Run.SaveReplay = true;
        Assert.Contains("--snapshot-seconds", Refused(new Members(Large)), StringComparison.Ordinal);
    }

    [Fact]
    public void Actors_per_core_are_refused_in_lock_step()
    {
        _options.Run.Deterministic = true;
        Assert.Contains("lock step", Refused(new Members(Large), actorsPerCore: 1), StringComparison.Ordinal);
    }

    private string Refused(Members members, double actorsPerCore = 0, double snapshotSeconds = 0) =>
        Assert.Throws<InvalidOptionException>(() => Check(members, actorsPerCore, snapshotSeconds)).Message;

    private void Check(Members members, double actorsPerCore = 0, double snapshotSeconds = 0)
    {
        var specification = new RunSpecification
        {
            RunId = "run",
            OptionsJson = OptionBinder.ToJson(_options).ToJsonString(),
            ActorsPerCore = actorsPerCore,
            SnapshotSeconds = snapshotSeconds,
        };
        RunPlan plan = RunPlans.Make(specification, EnvironmentRegistry.CreateDefault());
        ClusterCheck.Run(specification, plan, members.Directory);
    }
}
