using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>Damaged checkpoints are refused with a message that names the file and the reason.</summary>
public sealed class DamagedCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DamagedCheckpointTests() => CheckpointFolder.Write(Last, Checkpoints.Distinct());

    private string Last => _folder["last"];

    private string Weights => Path.Combine(Last, CheckpointFolder.WeightsFile);

    private string Manifest => Path.Combine(Last, CheckpointFolder.ManifestFile);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Any_flipped_bit_of_the_weights_is_found()
    {
        byte[] whole = File.ReadAllBytes(Weights);
        for (int at = 0; at < whole.Length; at += whole.Length / 16)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            File.WriteAllBytes(Weights, damaged);
            Assert.StartsWith($"{Weights}: damaged", Refused(), StringComparison.Ordinal);
        }

        File.WriteAllBytes(Weights, whole);
        CheckpointFolder.Read(Last);
    }

    [Fact]
    public void A_torn_manifest_is_refused_wherever_it_was_cut()
    {
        byte[] whole = File.ReadAllBytes(Manifest);
        foreach (int length in new[] { 0, 1, whole.Length / 3, whole.Length / 2, whole.Length - 1 })
        {
            File.WriteAllBytes(Manifest, whole[..length]);
            Assert.StartsWith($"{Manifest}: not a checkpoint's manifest", Refused(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(CheckpointFolder.WeightsFile)]
    [InlineData(CheckpointFolder.ManifestFile)]
    public void A_missing_file_is_named(string file)
    {
        File.Delete(Path.Combine(Last, file));
        Assert.StartsWith($"{Path.Combine(Last, file)}: cannot be read", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named() =>
        Assert.Contains(
            _folder["nothing"], Assert.Throws<InvalidDataFormatException>(() => CheckpointFolder.Read(_folder["nothing"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Another_format_is_refused_with_both_numbers()
    {
        Edit(manifest => manifest["format"] = 2);
        Assert.Equal($"{Manifest}: format 2, this krewe reads format 1", Refused());
    }

    [Theory]
    [InlineData("null", "holds null")]
    [InlineData("[]", "not a checkpoint's manifest")]
    [InlineData("{}", "not a checkpoint's manifest")]
    [InlineData("\"text\"", "not a checkpoint's manifest")]
    public void A_foreign_json_file_is_refused(string text, string reason)
    {
        File.WriteAllText(Manifest, text);
        Assert.StartsWith($"{Manifest}: {reason}", Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("format")]
    [InlineData("options")]
    [InlineData("counters")]
    [InlineData("actor_random")]
    [InlineData("files")]
    public void A_manifest_without_a_part_is_refused_and_the_part_is_named(string part)
    {
        Edit(manifest => manifest.Remove(part));
        Assert.Contains(part, Refused(), StringComparison.OrdinalIgnoreCase);
        Edit(manifest => manifest[part] = null);
        Assert.Contains("not a checkpoint's manifest", Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("environment_steps")]
    [InlineData("updates")]
    [InlineData("episodes")]
    public void A_counter_below_zero_is_refused(string counter)
    {
        Edit(manifest => manifest["counters"]![counter] = -1);
        Assert.Equal($"{Manifest}: counters.{counter} is -1, expected at least 0", Refused());
    }

    [Theory]
    [InlineData("policy_version", "-2", "is -2, expected at least -1")]
    [InlineData("policy_version", "9223372036854775807", "expected at most")]
    [InlineData("environment_steps", "9223372036854775807", "expected at most")]
    [InlineData("wall_seconds", "-4.87", "is -4.87, expected at least 0")]
    [InlineData("wall_seconds", "1e300", "expected at most")]
    public void A_counter_out_of_its_range_is_refused(string counter, string value, string reason)
    {
        Edit(manifest => manifest["counters"]![counter] = JsonNode.Parse(value));
        string message = Refused();
        Assert.StartsWith($"{Manifest}: counters.{counter} is ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_of_solving_before_the_run_is_refused()
    {
        Edit(manifest => manifest["solved"]!["seconds"] = -1);
        Assert.Equal($"{Manifest}: solved.seconds is -1, expected at least 0", Refused());
    }

    [Fact]
    public void A_summary_is_read_without_the_weights()
    {
        File.Delete(Weights);
        CheckpointSummary summary = CheckpointFolder.ReadSummary(Last);
        Assert.Equal((12_345, 678, 90, true), (summary.EnvironmentSteps, summary.Updates, summary.Episodes, summary.IsSolved));
        Assert.Equal("FrozenLake-v1", summary.Options.Environment.Id);
    }

    [Fact]
    public void A_random_state_that_is_no_number_is_refused()
    {
        Edit(manifest => manifest["actor_random"]![0]!["state"] = "many");
        Assert.Contains("actor_random holds 'many'", Refused(), StringComparison.Ordinal);
        Edit(manifest => manifest["actor_random"]![0] = null);
        Assert.Contains("actor_random", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_are_not_known_are_refused_as_data()
    {
        Edit(manifest => manifest["options"]!["learner"]!["batch_size"] = 0);
        Assert.Contains("learner.batch_size is 0, expected 1 to 65536", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_duplicate_key_is_refused()
    {
        string text = File.ReadAllText(Manifest);
        File.WriteAllText(Manifest, text.Replace("\"batch_size\"", "\"batch_size\": 1,\n\"batch_size\"", StringComparison.Ordinal));
        Assert.StartsWith($"{Manifest}: not a checkpoint's manifest", Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../last/weights.safetensors")]
    [InlineData("/etc/hostname")]
    public void A_manifest_cannot_lead_out_of_its_folder(string file)
    {
        Edit(manifest => manifest["files"]![file] = "00");
        Assert.Contains($"names the file '{file}'", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_names_no_weights_is_refused()
    {
        Edit(manifest => manifest["files"] = new JsonObject());
        Assert.Equal($"{Manifest}: names no {CheckpointFolder.WeightsFile}", Refused());
    }

    private void Edit(Action<JsonObject> change)
    {
        var manifest = (JsonObject)JsonNode.Parse(File.ReadAllBytes(Manifest))!;
        change(manifest);
        File.WriteAllText(Manifest, manifest.ToJsonString());
    }

    private string Refused()
    {
        var e = Assert.Throws<InvalidDataFormatException>(() => CheckpointFolder.Read(Last));
        Assert.Equal(1, e.ExitCode);
        return e.Message;
    }
}
