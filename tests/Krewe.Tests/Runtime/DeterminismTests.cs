using Krewe.Contracts.Options;
using Krewe.Tests.Learning;

namespace Krewe.Tests.Runtime;

public sealed class DeterminismTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    public void In_lock_step_the_same_seed_gives_the_same_weights_byte_for_byte_and_another_seed_others(int actors, int shards)
    {
        byte[] first = Weights("a", seed: 3, actors, shards);
        Assert.Equal(first, Weights("b", seed: 3, actors, shards));
        Assert.NotEqual(first, Weights("c", seed: 4, actors, shards));
    }

    private byte[] Weights(string name, long seed, int actors, int shards)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", seed: seed);
        options.Actor.Count = actors;
        options.Replay.Shards = shards;
        RunFolder folder = RunFolder.Create(_folder[name]);
        using var session = new TrainingSession(options, folder: folder);
        TrainingResult result = session.Run();
        Assert.InRange(result.Updates, 100, long.MaxValue);
        return [.. File.ReadAllBytes(Path.Combine(folder.Last, "weights.safetensors")), .. File.ReadAllBytes(Path.Combine(folder.Best, "weights.safetensors"))];
    }
}
