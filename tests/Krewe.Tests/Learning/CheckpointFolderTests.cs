using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Last => _folder["last"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_read_back_to_the_last_bit()
    {
        Checkpoint written = Checkpoints.Distinct();
        CheckpointFolder.Write(Last, written);
        Checkpoint read = CheckpointFolder.Read(Last);
        Assert.Equal(written.State.Policy, read.State.Policy);
        Assert.Equal(written.State.Parameters, read.State.Parameters);
        NetworkState expected = new(written.State);
        NetworkState actual = new(read.State);
        Assert.Equal(expected.Target, actual.Target);
        Assert.Equal(expected.FirstMoment, actual.FirstMoment);
        Assert.Equal(expected.SecondMoment, actual.SecondMoment);
        Assert.Equal(expected.OptimizerSteps, actual.OptimizerSteps);
        Assert.Equal(OptionBinder.ToJson(written.Options).ToJsonString(), OptionBinder.ToJson(read.Options).ToJsonString());
        Assert.Equal(written.ActorRandom, read.ActorRandom);

        // The rest is compared as a record, with the parts that have no equality of their own taken from one side.
        Assert.Equal(written, read with { State = written.State, Options = written.Options, ActorRandom = written.ActorRandom, Files = written.Files });
    }

    [Fact]
    public void What_a_run_does_not_have_yet_is_read_back_as_missing()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct() with { EvaluationMean = null, BestMean = null, Solved = null, ActorRandom = [] });
        Checkpoint read = CheckpointFolder.Read(Last);
        Assert.Equal((null, null, null), (read.EvaluationMean, read.BestMean, read.Solved));
        Assert.Empty(read.ActorRandom);
    }

    [Fact]
    public void The_same_checkpoint_gives_the_same_bytes()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct());
        CheckpointFolder.Write(_folder["again"], Checkpoints.Distinct());
        Assert.Equal(TemporaryFolder.Snapshot(Last), TemporaryFolder.Snapshot(_folder["again"]));
    }

    [Fact]
    public void The_files_of_replay_are_kept_and_named()
    {
        CheckpointFolder.Write(
            Last,
            Checkpoints.Distinct() with { Files = ["replay.json", "replay-0.shard"] },
            writeContent: folder =>
            {
                File.WriteAllText(Path.Combine(folder, "replay.json"), "front");
                File.WriteAllText(Path.Combine(folder, "replay-0.shard"), "shard");
            });
        Assert.Equal(["replay-0.shard", "replay.json"], CheckpointFolder.Read(Last).Files);
        File.AppendAllText(Path.Combine(Last, "replay-0.shard"), "!");
        Assert.Contains("replay-0.shard: damaged", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_one_before_is_kept_beside()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 2));
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 3));
        Assert.Equal(3, CheckpointFolder.Read(Last).EnvironmentSteps);
        Assert.Equal(2, CheckpointFolder.Read(Last + ".previous").EnvironmentSteps);
        Assert.Equal(["last", "last.previous"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_damaged_one_gives_way_to_the_one_before_with_a_warning_that_says_why()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 2));
        File.WriteAllText(Path.Combine(Last, CheckpointFolder.ManifestFile), "{");
        List<string> warnings = [];
        (Checkpoint checkpoint, string path) = CheckpointFolder.ReadOrPrevious(Last, warnings.Add);
        Assert.Equal(1, checkpoint.EnvironmentSteps);
        Assert.Equal(Last + ".previous", path);
        Assert.Equal(
            $"{Path.Combine(Last, "run.json")}: not a checkpoint's manifest: not valid JSON at line 1, position 2; {Last}.previous is used instead", Assert.Single(warnings));
        Assert.Throws<InvalidDataFormatException>(() => CheckpointFolder.ReadOrPrevious(Last, warn: null));
    }

    [Fact]
    public void When_both_are_damaged_the_error_names_the_newest()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 2));
        File.WriteAllText(Path.Combine(Last, CheckpointFolder.WeightsFile), "torn");
        File.WriteAllText(Path.Combine(Last + ".previous", CheckpointFolder.WeightsFile), "torn");
        var e = Assert.Throws<InvalidDataFormatException>(() => CheckpointFolder.ReadOrPrevious(Last, message => Assert.Fail(message)));
        Assert.StartsWith($"{Path.Combine(Last, CheckpointFolder.WeightsFile)}: damaged", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_one_is_taken_without_a_warning()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 2));
        Assert.Equal(2, CheckpointFolder.ReadOrPrevious(Last, message => Assert.Fail(message)).Checkpoint.EnvironmentSteps);
    }

    [Fact]
    public void A_crash_between_the_two_renames_leaves_the_one_before_readable_and_the_next_write_whole()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        Directory.Move(Last, Last + ".previous");
        List<string> warnings = [];
        Assert.Equal(1, CheckpointFolder.ReadOrPrevious(Last, warnings.Add).Checkpoint.EnvironmentSteps);
        Assert.Single(warnings);

        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 2));
        Assert.Equal(2, CheckpointFolder.Read(Last).EnvironmentSteps);
        Assert.Equal(1, CheckpointFolder.Read(Last + ".previous").EnvironmentSteps);
    }

    [Fact]
    public void A_crash_while_writing_leaves_the_one_before_and_the_next_write_clears_up()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        Directory.CreateDirectory(Last + ".writing");
        File.WriteAllText(Path.Combine(Last + ".writing", CheckpointFolder.WeightsFile), "half");
        File.WriteAllText(Path.Combine(Last + ".writing", "replay-0.shard"), "half");
        Assert.Equal(1, CheckpointFolder.Read(Last).EnvironmentSteps);
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 2));
        Assert.Equal(2, CheckpointFolder.Read(Last).EnvironmentSteps);
        Assert.False(Directory.Exists(Last + ".writing"));
        Assert.Equal(["run.json", "weights.safetensors"], Directory.GetFiles(Last).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_write_that_fails_leaves_the_one_before_untouched()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(Last);
        var e = Assert.Throws<KreweException>(() => CheckpointFolder.Write(
            Last, Checkpoints.Distinct(step: 2), writeContent: _ => throw new IOException("No space left on device")));
        Assert.Contains(Last, e.Message, StringComparison.Ordinal);
        Assert.Contains("No space left on device", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, TemporaryFolder.Snapshot(Last));
        Assert.Equal(1, CheckpointFolder.Read(Last).EnvironmentSteps);
    }

    [Fact]
    public void A_damaged_checkpoint_does_not_take_the_place_of_the_whole_one_before_it()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 2));
        File.AppendAllText(Path.Combine(Last, CheckpointFolder.WeightsFile), "!");
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 3));
        Assert.Equal(3, CheckpointFolder.Read(Last).EnvironmentSteps);
        Assert.Equal(1, CheckpointFolder.Read(Last + ".previous").EnvironmentSteps);
    }

    [Fact]
    public void A_checkpoint_that_could_not_be_written_leaves_nothing_half_written()
    {
        CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 1));
        Assert.Throws<KreweException>(() => CheckpointFolder.Write(Last, Checkpoints.Distinct(step: 2), _ => throw new IOException("No space left on device")));
        Assert.False(Directory.Exists(Last + CheckpointFolder.WritingSuffix));
        Assert.Equal(1, CheckpointFolder.Read(Last).EnvironmentSteps);
    }

    private string Refused() => Assert.Throws<InvalidDataFormatException>(() => CheckpointFolder.Read(Last)).Message;
}
