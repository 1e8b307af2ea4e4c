using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

public class PolicyVersionsTests
{
    [Theory]
    [InlineData(0, 0, "0")]
    [InlineData(0, 7, "7")]
    [InlineData(2, 7, "2:7")]
    [InlineData(0, PolicyVersions.MaxNumber, "1099511627775")]
    [InlineData(PolicyVersions.MaxEpoch, PolicyVersions.MaxNumber, "8388607:1099511627775")]
    public void A_version_combines_an_epoch_and_a_number(long epoch, long number, string description)
    {
        long version = PolicyVersions.Of(epoch, number);

        Assert.Equal((epoch, number), (PolicyVersions.EpochOf(version), PolicyVersions.NumberOf(version)));
        Assert.Equal(description, PolicyVersions.Describe(version));
    }

    [Fact]
    public void Counting_starts_one_before_an_epochs_first_version()
    {
        Assert.Equal(-1, PolicyVersions.Before(0));
        Assert.Equal(PolicyVersions.Of(3, 0), PolicyVersions.Before(3) + 1);
        Assert.Equal("3:0", PolicyVersions.Describe(PolicyVersions.Before(3) + 1));
    }

    [Fact]
    public void No_version_yet_belongs_to_no_epoch_and_is_older_than_all()
    {
        Assert.Equal((-1, -1, "none"), (PolicyVersions.EpochOf(-1), PolicyVersions.NumberOf(-1), PolicyVersions.Describe(-1)));
        Assert.True(PolicyVersions.Of(0, 0) > -1);
    }

    [Fact]
    public void A_newer_epoch_outranks_every_version_of_an_older_one()
    {
        var board = new PolicyBoard(new NetworkSpec(ElementType.Float32, 1, 1, hidden: [], actionCount: 1));
        Assert.True(board.Publish(PolicyVersions.Of(1, 1_000_000), [0, 1]));
        Assert.True(board.Publish(PolicyVersions.Before(2) + 1, [0, 2]));
        Assert.False(board.Publish(PolicyVersions.Of(1, PolicyVersions.MaxNumber), [0, 3]));

        using IPolicyNetwork network = board.CreateNetwork();
        Assert.True(network.Refresh());
        var q = new float[1];
        network.Forward(new byte[sizeof(float)], 1, q);
        Assert.Equal((PolicyVersions.Of(2, 0), 2f), (network.Version, q[0]));
    }

    [Fact]
    public void Values_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyVersions.Of(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyVersions.Of(PolicyVersions.MaxEpoch + 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyVersions.Of(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyVersions.Of(0, PolicyVersions.MaxNumber + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyVersions.Before(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyVersions.EpochOf(-2));
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyVersions.NumberOf(-2));
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyVersions.Describe(long.MinValue));
    }
}
