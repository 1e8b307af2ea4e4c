namespace Krewe.Tests;

[Collection(nameof(Alone))]
public sealed class OutputFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_that_is_not_empty_is_refused_and_nothing_in_it_is_touched()
    {
        CliRun.Train(Run);
        File.WriteAllText(Path.Combine(Run, "notes.txt"), "mine");
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(Run);
        CliRun refused = CliRun.Of("train", "CartPole-v1", "--steps", "8000", "--out", Run);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--resume", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--overwrite", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, TemporaryFolder.Snapshot(Run));
    }

    [Fact]
    public void Overwrite_replaces_an_earlier_run_and_leaves_files_that_no_run_writes()
    {
        CliRun.Train(Run, "--seed", "1");
        File.WriteAllText(Path.Combine(Run, "notes.txt"), "mine");
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(Run);
        CliRun.Train(Run, "--seed", "2", "--overwrite");
        IReadOnlyDictionary<string, string> after = TemporaryFolder.Snapshot(Run);
        Assert.Equal(before["notes.txt"], after["notes.txt"]);
        Assert.NotEqual(before[Path.Combine("last", "weights.safetensors")], after[Path.Combine("last", "weights.safetensors")]);
        Assert.DoesNotContain(after.Keys, name => name.Contains(".writing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CartPole-v1", 1)]
    [InlineData("FrozenLake-v1", 0)]
    public void A_preset_of_another_environment_is_used_with_a_warning(string environment, int warnings)
    {
        File.WriteAllText(_folder["fast.json"], """{ "replay": { "min_size": 100 } }""");
        string[] presets = ["--preset", "FrozenLake-v1", "--preset", _folder["fast.json"]];
        CliRun run = CliRun.Ok(["train", environment, .. presets, "--steps", "2000", "--out", Run]);
        Assert.Equal(
            Enumerable.Repeat("krewe: warning: --preset FrozenLake-v1: its options are for FrozenLake-v1, but the run trains CartPole-v1", warnings),
            run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void An_empty_folder_is_accepted()
    {
        Directory.CreateDirectory(Run);
        CliRun.Train(Run);
    }

    [Fact]
    public void A_file_instead_of_the_folder_is_refused()
    {
        File.WriteAllText(Run, "mine");
        CliRun refused = CliRun.Of("train", "CartPole-v1", "--out", Run);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("is a file, expected a folder", refused.Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Run));
    }

    [Theory]
    [InlineData("train", "CartPol-v1")]
    [InlineData("train", "CartPole-v1", "--set", "learner.batch_size=0")]
    [InlineData("train", "CartPole-v1", "--set", "replay.min_size=1000000")]
    [InlineData("train", "FrozenLake-v1", "--set", "environment.kwargs.map_name=9x9")]
    public void A_run_that_cannot_start_leaves_no_folder_behind(params string[] args)
    {
        Assert.Equal(2, CliRun.Of([.. args, "--out", Run]).ExitCode);
        Assert.False(Directory.Exists(Run));
    }
}
