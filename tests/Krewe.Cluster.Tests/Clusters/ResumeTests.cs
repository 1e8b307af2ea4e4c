using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster.Tests;

/// <summary>Tests runs that resume from a checkpoint of another run.</summary>
[Collection(nameof(SeparateRoles))]
public sealed class ResumeTests(SeparateRoles roles)
{
    [Theory]
    [InlineData("")]
    [InlineData("folder")]
    [InlineData("folder/last")]
    public async Task A_run_continues_from_the_checkpoint_of_a_stopped_one_with_its_counts(string source)
    {
        (TestRun first, Checkpoint saved) = await Stopped();
        TrainingOptions options = Endless.Run();
        options.Run.Steps = saved.EnvironmentSteps + 2_000;
        TestRun second = await TestRun.Create(
            roles.Silos, options, resumeFrom: source.Length == 0 ? first.Id : roles.Silos.Folder(source.Replace("folder", first.Id, StringComparison.Ordinal)));
        RunStatus begun = await second.Status();
        Assert.InRange(begun.Figures.EnvironmentSteps, saved.EnvironmentSteps, options.Run.Steps);
        Assert.InRange(begun.Figures.Episodes, saved.Episodes, long.MaxValue);

        RunStatus end = await second.UntilCompleted();
        Assert.Equal(options.Run.Steps, end.Outcome!.EnvironmentSteps);
        Assert.InRange(end.Outcome.Updates, saved.Updates + 1, long.MaxValue);
        Checkpoint last = CheckpointFolder.Read(Path.Combine(roles.Silos.Folder(second.Id), "last"));
        Assert.Equal(options.Run.Steps, last.EnvironmentSteps);
        Assert.InRange(last.State.Numbers["adam.step"], saved.State.Numbers["adam.step"] + 1, long.MaxValue);
        Assert.Equal(saved.Updates, CheckpointFolder.Read(Path.Combine(roles.Silos.Folder(first.Id), "last")).Updates);
    }

    [Fact]
    public async Task A_resumed_run_starts_by_writing_the_checkpoint_that_it_began_from_to_its_own_folder()
    {
        (TestRun first, Checkpoint saved) = await Stopped();
        TestRun second = await TestRun.Create(roles.Silos, Endless.Run(), resumeFrom: first.Id);
        string last = Path.Combine(roles.Silos.Folder(second.Id), "last");
        await second.Until("its first checkpoint", _ => Directory.Exists(last));
        Checkpoint own = CheckpointFolder.Read(last);
        Assert.Equal((saved.Updates, saved.State.Numbers["adam.step"]), (own.Updates, own.State.Numbers["adam.step"]));
        Assert.Equal(saved.State.Parameters, own.State.Parameters);
        await second.Grain.Stop();
        await second.UntilStopped();
    }

    [Fact]
    public async Task An_impossible_resume_is_refused_before_anything_starts()
    {
        (TestRun first, Checkpoint saved) = await Stopped();
        Assert.Contains("--resume nowhere: no run with this id", await Refused("nowhere", _ => { }), StringComparison.Ordinal);
        Assert.Contains("nothing is left to do", await Refused(first.Id, options => options.Run.Steps = saved.EnvironmentSteps), StringComparison.Ordinal);
        Assert.Contains("the checkpoint's network is", await Refused(first.Id, options => options.Network.Hidden = [24]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_run_does_not_use_the_checkpoint_of_an_earlier_run_of_its_id_unless_told_to()
    {
        (TestRun first, Checkpoint saved) = await Stopped();
        await first.Grain.Delete();
        await first.Grain.Create(TestRun.Specification(first.Id, Endless.Run()));
        Assert.Contains($"--resume {first.Id}", (await first.UntilFailed()).Failure, StringComparison.Ordinal);
        Assert.Equal(saved.Updates, CheckpointFolder.Read(Path.Combine(roles.Silos.Folder(first.Id), "last")).Updates);
    }

    private async Task<(TestRun Run, Checkpoint Last)> Stopped()
    {
        TestRun run = await TestRun.Create(roles.Silos, Endless.Run());
        await run.UntilUpdates(100);
        await run.Grain.Stop();
        await run.UntilStopped();
        return (run, CheckpointFolder.Read(Path.Combine(roles.Silos.Folder(run.Id), "last")));
    }

    private async Task<string> Refused(string source, Action<TrainingOptions> change)
    {
        TrainingOptions options = Endless.Run();
        change(options);
        ITrainingRunGrain grain = roles.Silos.Grains.GetGrain<ITrainingRunGrain>("refused");
        var e = await Assert.ThrowsAnyAsync<KreweException>(() => grain.Create(TestRun.Specification("refused", options) with { ResumeFrom = source }));
        Assert.Null(await grain.GetSpecification());
        return e.Message;
    }
}
