using Krewe.Contracts;

namespace Krewe.Tests;

public class RandomStreamsTests
{
    [Fact]
    public void Episodes_of_neighbouring_seeds_of_evaluate_are_disjoint()
    {
        // Environment i of an evaluation is seeded with the derived seed plus i.
        const ulong Environments = 1_000_000;
        ulong[] seeds = [.. Enumerable.Range(0, 1_000).Select(seed => RandomStreams.DeriveSeed(seed, RandomStream.Test)).Order()];
        Assert.All(seeds.Zip(seeds.Skip(1)), pair => Assert.True(pair.Second - pair.First > Environments));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(long.MaxValue)]
    public void All_streams_of_a_run_are_pairwise_distinct(long seed)
    {
        var first = new HashSet<ulong>();
        foreach (RandomStream stream in Enum.GetValues<RandomStream>())
        {
            for (int index = 0; index < 64; index++)
            {
                Assert.True(first.Add(RandomStreams.Create(seed, stream, index).NextUInt64()), $"stream {stream} {index} repeats another");
            }
        }
    }
}
