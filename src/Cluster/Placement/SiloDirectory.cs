namespace Krewe.Cluster;

/// <summary>The silos of the cluster and what they are there for, from the membership table. Any thread.</summary>
internal sealed class SiloDirectory(IClusterMembershipService membership)
{
    /// <summary>Active silos with a role, in an order that is the same everywhere.</summary>
    public IReadOnlyList<ActiveSilo> With(SiloRoles role)
    {
        List<ActiveSilo> silos = [];
        foreach ((SiloAddress address, ClusterMember member) in membership.CurrentSnapshot.Members)
        {
            if (member.Status == SiloStatus.Active && SiloProfile.Parse(member.Name) is { } profile && (profile.Roles & role) != 0)
            {
                silos.Add(new ActiveSilo(address, profile));
            }
        }

        silos.Sort((a, b) => a.Address.CompareTo(b.Address));
        return silos;
    }

    /// <summary>Whether a silo is a member that has neither left nor died.</summary>
    public bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;
}

/// <summary>A silo that takes part.</summary>
/// <param name="Address">Its address; a silo that is started again has another.</param>
/// <param name="Profile">What it is there for.</param>
internal sealed record ActiveSilo(SiloAddress Address, SiloProfile Profile);
