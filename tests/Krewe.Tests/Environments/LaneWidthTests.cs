using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

/// <summary>A vectorized environment gives the same bits at every vector width.</summary>
public class LaneWidthTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void CartPole_gives_the_same_bits_as_one_lane(int lanes) => Compare(new CartPoleKernel(suttonBartoReward: false), lanes, limit: 40);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void MountainCar_gives_the_same_bits_as_one_lane(int lanes) => Compare(new MountainCarKernel(goalVelocity: 0), lanes, limit: 200);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Acrobot_gives_the_same_bits_as_one_lane(int lanes) => Compare(default(AcrobotKernel), lanes, limit: 200);

    private static void Compare<TKernel>(TKernel kernel, int lanes, int limit)
        where TKernel : struct, ILaneKernel
    {
        const int Count = 13;
        using var wide = new LaneVectorEnvironment<TKernel>("wide", kernel, Count, limit, lanes);
        using var narrow = new LaneVectorEnvironment<TKernel>("narrow", kernel, Count, limit, widest: 1);
        (VectorBuffers a, VectorBuffers b) = (new(wide), new(narrow));
        a.Reset(7);
        b.Reset(7);
        var random = new Random(1);
        var actions = new int[Count];
        int ended = 0;
        for (int step = 0; step < 1_000; step++)
        {
            for (int i = 0; i < Count; i++)
            {
                actions[i] = random.Next(((DiscreteSpace)wide.ActionSpace).N);
            }

            a.Step(actions);
            b.Step(actions);
            Assert.Equal(b.Rewards, a.Rewards);
            Assert.Equal(b.Terminated, a.Terminated);
            Assert.Equal(b.Truncated, a.Truncated);
            Assert.Equal(b.Observations, a.Observations);
            ended += a.Truncated.Sum(x => x) + a.Terminated.Sum(x => x);
        }

        Assert.True(ended > Count);
    }
}
