using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

/// <summary>Tests which runs a cluster refuses, and the messages that a client receives.</summary>
[Collection(nameof(SeparateRoles))]
public sealed class RefusalTests(SeparateRoles roles)
{
    [Fact]
    public async Task An_environment_unknown_to_the_silos_is_refused_with_the_nearest_name() =>
        Assert.Contains("CartPole-v1", await Refused("unknown", options => options.Environment.Id = "CartPole-v2"), StringComparison.Ordinal);

    [Fact]
    public async Task A_custom_environment_unknown_to_the_silos_is_refused_with_the_option_that_loads_it() =>
        Assert.Contains("krewe serve --assembly", await Refused("unknown", options => options.Environment.Id = "Mine-v0"), StringComparison.Ordinal);

    [Fact]
    public async Task Shards_that_do_not_fit_into_memory_are_refused_with_what_they_need()
    {
        string message = await Refused("memory", options => options.Replay.Capacity = 1_000_000_000);
        Assert.Contains("not enough memory", message, StringComparison.Ordinal);
        Assert.Contains("replay.capacity 1000000000", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Saved_replay_is_refused() =>
        Assert.Contains("run.save_replay", await Refused("saved", options => options.Run.SaveReplay = true), StringComparison.Ordinal);

    [Fact]
    public async Task Options_that_contradict_each_other_are_refused() =>
        Assert.Contains("replay.min_size", await Refused("contradiction", options => options.Replay.MinSize = 1_000_000), StringComparison.Ordinal);

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{ "replay": { "capcity": 1 } }""")]
    public async Task Options_that_cannot_be_read_are_refused(string json)
    {
        ITrainingRunGrain grain = roles.Silos.Grains.GetGrain<ITrainingRunGrain>("unreadable");
        await Assert.ThrowsAsync<InvalidOptionException>(() => grain.Create(new RunSpecification { RunId = "unreadable", OptionsJson = json }));
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("a b")]
    [InlineData("a\n")]
    public async Task An_id_that_is_not_a_valid_folder_name_is_refused(string id) =>
        Assert.Contains($"run id '{id}'", await Refused(id, _ => { }), StringComparison.Ordinal);

    [Fact]
    public async Task An_existing_run_is_not_overwritten_even_when_it_has_ended()
    {
        TestRun run = await TestRun.Create(roles.Silos, Options());
        string message = await Refused(run.Id, options => options.Run.Seed = 99);
        Assert.Matches($"^run {run.Id}: already exists \\((created|running)\\) and is not overwritten", message);
        RunStatus end = await run.UntilCompleted();
        Assert.Equal(0, end.Seed);
        Assert.Contains("already exists (completed)", await Refused(run.Id, _ => { }), StringComparison.Ordinal);
        Assert.Equal(end.Outcome, (await run.Status()).Outcome);
    }

    private static TrainingOptions Options() => Sessions.Small("CartPole-v1", steps: 1_000, deterministic: false);

    /// <summary>Asserts that a run is refused and nothing was created, and returns the message.</summary>
    private async Task<string> Refused(string id, Action<TrainingOptions> change)
    {
        TrainingOptions options = Options();
        change(options);
        ITrainingRunGrain grain = roles.Silos.Grains.GetGrain<ITrainingRunGrain>(id);
        RunSpecification? before = await grain.GetSpecification();
        var e = await Assert.ThrowsAsync<InvalidOptionException>(() => grain.Create(TestRun.Specification(id, options)));
        Assert.Equal(before, await grain.GetSpecification());
        return e.Message;
    }
}
