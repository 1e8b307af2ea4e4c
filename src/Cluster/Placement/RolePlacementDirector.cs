using Orleans.Runtime.Placement;

namespace Krewe.Cluster;

/// <summary>Implements <see cref="RolePlacement"/>.</summary>
internal sealed class RolePlacementDirector(SiloDirectory directory) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloRoles role = ((RolePlacement)strategy).Role;
        SiloAddress[] compatible = context.GetCompatibleSilos(target);
        SiloAddress[] silos = [.. directory.With(role).Select(silo => silo.Address).Where(compatible.Contains)];
        if (silos.Length == 0)
        {
            throw new OrleansException($"no active silo has the role {SiloProfile.NameOf(role)}, which {target.GrainIdentity} needs");
        }

        return Task.FromResult(
            IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) ?? silos[IndexOf(target.GrainIdentity) % silos.Length]);
    }

    /// <summary>A run's grains are numbered and start at a different silo for each run.</summary>
    private static int IndexOf(GrainId grain)
    {
        uint index = grain.TryGetIntegerKey(out long number, out string? run) ? (uint)number : 0;
        uint offset = StableHash.ComputeHash(run ?? grain.Key.ToString()!);
        return (int)((index + offset) & int.MaxValue);
    }
}
