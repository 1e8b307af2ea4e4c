using Krewe.Contracts;

namespace Krewe.Tests;

public class RandomStreamsTests
{
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
