namespace Krewe.Cluster;

/// <summary>The silos of the cluster and their roles, from the membership table. Thread-safe.</summary>
internal sealed class SiloDirectory(IClusterMembershipService membership)
{
    /// <summary>Active silos with a role, in the same order on every silo.</summary>
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

    /// <summary>Whether a silo is a member that has neither left nor been declared dead.</summary>
    public bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;
}

/// <summary>An active silo.</summary>
/// <param name="Address">Its address; a restarted silo has a new one.</param>
/// <param name="Profile">Its roles and resources.</param>
internal sealed record ActiveSilo(SiloAddress Address, SiloProfile Profile);
