using System.Collections.Immutable;
using System.Net;

namespace Krewe.Cluster.Tests;

/// <summary>A fake membership table.</summary>
internal sealed class Members(params SiloProfile[] silos) : IClusterMembershipService
{
    public ClusterMembershipSnapshot CurrentSnapshot { get; set; } = Snapshot(silos);

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public SiloDirectory Directory => new(this);

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => default;

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();

    private static ClusterMembershipSnapshot Snapshot(SiloProfile[] silos)
    {
        IEnumerable<ClusterMember> members = silos.Select((silo, index) =>
            new ClusterMember(SiloAddress.New(IPAddress.Loopback, 10_000 + index, 1), SiloStatus.Active, silo.ToName()));
        return new ClusterMembershipSnapshot(members.ToImmutableDictionary(member => member.SiloAddress), new MembershipVersion(1));
    }
}
