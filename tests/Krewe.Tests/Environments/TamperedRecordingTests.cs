using System.IO.Compression;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

/// <summary>Negative controls: recordings that a verifier must reject.</summary>
public sealed class TamperedRecordingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("CliffWalking-v1-optimal.jsonl", "obs", "25", "obs")]
    [InlineData("CliffWalking-v1-optimal.jsonl", "reward", "-2", "reward")]
    [InlineData("CliffWalking-v1-optimal.jsonl", "terminated", "true", "terminated")]
    [InlineData("CliffWalking-v1-optimal.jsonl", "truncated", "true", "truncated")]
    [InlineData("CliffWalking-v1-optimal.jsonl", "prob", "0.5", "prob")]
    [InlineData("CliffWalking-v1-optimal.jsonl", "uniforms", "[0.5]", "uniforms[0]")]
    [InlineData("Taxi-v4-optimal.jsonl", "action_mask", "[1,1,1,1,1,1]", "action_mask")]
    [InlineData("CartPole-v1.jsonl.gz", "obs", "[0, 0, 0, 0]", "obs[0]")]
    [InlineData("CartPole-v1.jsonl.gz", "state", "[0, 0, 0, 0]", "state[0]")]
    public void A_changed_field_is_found_at_its_line_and_step(string file, string field, string value, string named)
    {
        string path = Tampered(file, line: 3, x => x["steps"]![4]![field] = JsonNode.Parse(value));

        VerificationResult result = Golden.Verify(path);

        Assert.False(result.Passed);
        Assert.Equal((3, 5), (result.Mismatch!.Line, result.Mismatch.Step));
        Assert.StartsWith(named, result.Mismatch.Field, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reset_obs", "0")]
    [InlineData("reset_uniforms", "[0.5]")]
    [InlineData("return", "5")]
    public void A_changed_field_of_the_episode_is_found(string field, string value)
    {
        string path = Tampered("CliffWalking-v1-optimal.jsonl", line: 2, x => x[field] = JsonNode.Parse(value));

        VerificationMismatch? mismatch = Golden.Verify(path).Mismatch;

        Assert.Equal(2, mismatch?.Line);
        Assert.StartsWith(field, mismatch!.Field, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recording_of_continuous_actions_is_refused()
    {
        string path = Path.Combine(_folder, "push.jsonl");
        File.WriteAllText(path, """{"env":"Push-v0","seed":0,"steps":[{"action":0,"obs":[0,0],"reward":0,"terminated":false}]}""");
        var registry = new EnvironmentRegistry();
        registry.RegisterAssembly(typeof(Push).Assembly);

        string message = Assert.Throws<InvalidDataFormatException>(() => RecordingVerifier.Verify(path, registry)).Message;
        Assert.Contains("Push-v0 has the actions Box(-1, 1, (2,), float32), expected discrete ones", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_is_held_to_its_tolerance_and_no_more()
    {
        static void Shift(JsonObject x, double relative) =>
            x["steps"]![4]!["state"]![1] = x["steps"]![4]!["state"]![1]!.GetValue<double>() * (1 + relative);

        Assert.True(Golden.Verify(Tampered("CartPole-v1.jsonl.gz", 1, x => Shift(x, 1e-13), keep: 5)).Passed);
        Assert.Equal("state[1]", Golden.Verify(Tampered("CartPole-v1.jsonl.gz", 1, x => Shift(x, 1e-11), keep: 5)).Mismatch?.Field);
    }

    [Fact]
    public void A_changed_probability_in_a_table_is_found()
    {
        string path = Tampered("FrozenLake-v1-4x4-slippery-P.json", 1, x => x["P"]![6]![2]![1]![0] = 0.25);

        Assert.Equal("P[6][2][1] probability", Golden.Verify(path).Mismatch?.Field);
    }

    [Fact]
    public void Uniform_numbers_replay_an_episode_without_a_seed()
    {
        string path = Tampered("FrozenLake-v1-4x4-slippery.jsonl", 2, x => x.Remove("seed"), keepOnly: true);

        Assert.True(Golden.Verify(path).Passed);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\n\n", "empty")]
    [InlineData("{\"env\":", "line 1: invalid JSON")]
    [InlineData("[1]", "line 1: not a JSON object")]
    [InlineData("{\"a\":1}", "line 1: not a recording")]
    [InlineData("\n{\"env\":\"CartPoll-v1\",\"steps\":[]}", "line 2: unknown environment CartPoll-v1; did you mean CartPole-v1?")]
    [InlineData("{\"env\":\"CartPole-v1\",\"steps\":[]}", "seed is missing")]
    [InlineData("{\"env\":\"CartPole-v1\",\"seed\":-1,\"steps\":[]}", "seed is -1, expected a whole number")]
    [InlineData("{\"env\":\"CartPole-v1\",\"seed\":1,\"steps\":[]}", "no step to compare")]
    [InlineData("{\"env\":\"CartPole-v1\",\"seed\":1,\"steps\":[{}]}", "steps[0].action is missing")]
    [InlineData("{\"env\":\"CartPole-v1\",\"seed\":1,\"steps\":[{\"action\":2}]}", "action 2 is outside Discrete(2)")]
    [InlineData("{\"env\":\"CartPole-v1\",\"seed\":1,\"length\":3,\"steps\":[]}", "length is 3, expected 0")]
    [InlineData("{\"env\":\"CartPole-v1\",\"seed\":1,\"reset_obs\":[1],\"steps\":[]}", "reset_obs is [1], expected a list of 4 numbers")]
    [InlineData("{\"env\":\"CartPole-v1\",\"kwargs\":{\"x\":1},\"seed\":1,\"steps\":[]}", "unknown argument x")]
    public void A_damaged_or_foreign_file_is_refused_with_its_place(string content, string said)
    {
        string path = Path.Combine(_folder, "recording.jsonl");
        File.WriteAllText(path, content);

        var e = Assert.Throws<InvalidDataFormatException>(() => Golden.Verify(path));

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(6)]
    public void A_gzip_file_that_was_cut_off_is_refused(int missing)
    {
        byte[] whole = File.ReadAllBytes(Golden.File("CartPole-v1.jsonl.gz"));
        string path = Path.Combine(_folder, "cut.jsonl.gz");
        File.WriteAllBytes(path, whole[..^missing]);

        Assert.Contains("damaged gzip file", Assert.Throws<InvalidDataFormatException>(() => Golden.Verify(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("missing.jsonl", Assert.Throws<InvalidDataFormatException>(() => Golden.Verify("missing.jsonl")).Message, StringComparison.Ordinal);

    private string Tampered(string file, int line, Action<JsonObject> change, int keep = int.MaxValue, bool keepOnly = false)
    {
        string[] lines = ReadLines(Golden.File(file));
        JsonObject node = JsonNode.Parse(lines[line - 1])!.AsObject();
        change(node);
        if (keep < int.MaxValue)
        {
            // Cut after the change, so that no later step starts from it.
            node["steps"] = new JsonArray([.. node["steps"]!.AsArray().Take(keep).Select(x => x!.DeepClone())]);
            node.Remove("length");
            node.Remove("return");
        }

        lines[line - 1] = node.ToJsonString();
        string path = Path.Combine(_folder, "tampered.jsonl");
        File.WriteAllLines(path, keepOnly ? [lines[line - 1]] : lines);
        return path;
    }

    private static string[] ReadLines(string path)
    {
        using Stream file = File.OpenRead(path);
        using var reader = new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
