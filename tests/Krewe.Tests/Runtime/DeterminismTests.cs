using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class DeterminismTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 2, 0)]
    [InlineData(3, 1, 0)]
    [InlineData(2, 3, 0.6)]
    public void In_lock_step_the_same_seed_gives_the_same_checkpoints_byte_for_byte_and_another_seed_different_ones(
        int actors, int shards, double priorityExponent)
    {
        Dictionary<string, string> first = Checkpoints("a", seed: 3, actors, shards, priorityExponent);
        Dictionary<string, string> second = Checkpoints("b", seed: 3, actors, shards, priorityExponent);
        Dictionary<string, string> other = Checkpoints("c", seed: 4, actors, shards, priorityExponent);
        Assert.Equal(6 + shards, first.Count);
        Assert.Equal(first, second);
        Assert.NotEqual(first["last/weights.safetensors"], other["last/weights.safetensors"]);
        Assert.NotEqual(first["best/weights.safetensors"], other["best/weights.safetensors"]);
    }

    [Fact]
    public void Priorities_change_what_is_learned_and_so_do_importance_weights()
    {
        string uniform = Checkpoints("a", seed: 3, actors: 1, shards: 1)["last/weights.safetensors"];
        string prioritized = Checkpoints("b", seed: 3, actors: 1, shards: 1, priorityExponent: 0.6)["last/weights.safetensors"];
        string weighted = Checkpoints("c", seed: 3, actors: 1, shards: 1, priorityExponent: 0.6, importanceExponent: 1)["last/weights.safetensors"];
        Assert.Equal(3, new[] { uniform, prioritized, weighted }.Distinct().Count());
    }

    /// <summary>Returns every file of both checkpoints, including replay, with its content.</summary>
    private Dictionary<string, string> Checkpoints(
        string name, long seed, int actors, int shards, double priorityExponent = 0, double importanceExponent = 0)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", seed: seed);
        options.Actor.Count = actors;
        options.Replay.Shards = shards;
        options.Replay.PriorityExponent = priorityExponent;
        options.Replay.ImportanceExponent = Schedule.Constant(importanceExponent);
        options.Run.SaveReplay = true;
        RunFolder folder = RunFolder.Create(_folder[name]);
        using var session = new TrainingSession(options, folder: folder);
        TrainingResult result = session.Run();
        Assert.InRange(result.Updates, 100, long.MaxValue);
        return new[] { folder.Last, folder.Best }
            .SelectMany(checkpoint => Directory.GetFiles(checkpoint))
            .ToDictionary(file => Path.GetRelativePath(folder.Path, file).Replace('\\', '/'), file => Convert.ToHexString(File.ReadAllBytes(file)));
    }
}
