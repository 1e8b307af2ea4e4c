using Krewe.Contracts.Grains;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Cluster.Tests;

/// <summary>Tests behaviour that needs no silo, with a cluster without actor silos.</summary>
public sealed class PolicyBroadcasterTests
{
    [Fact]
    public async Task Versions_only_increase_and_a_returned_snapshot_never_changes()
    {
        await using var policies = new PolicyBroadcaster("run", 2, new Members().Directory, silos: null!, NullLogger.Instance);
        Assert.Null(policies.NewerThan(-1));
        Assert.True(policies.Publish(3, [1, 2]));
        PolicySnapshot first = policies.NewerThan(-1)!;
        Assert.False(policies.Publish(3, [9, 9]));
        Assert.False(policies.Publish(2, [9, 9]));
        Assert.Equal([1f, 2f], policies.NewerThan(2)!.Parameters.ToArray());
        Assert.Null(policies.NewerThan(3));
        Assert.True(policies.Publish(4, [3, 4]));
        Assert.Equal(3, first.Version);
        Assert.Equal([1f, 2f], first.Parameters.ToArray());
        Assert.Equal([3f, 4f], policies.NewerThan(3)!.Parameters.ToArray());
    }
}
