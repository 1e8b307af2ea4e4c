using System.Globalization;
using Orleans.Metadata;
using Orleans.Placement;

namespace Krewe.Cluster;

/// <summary>Places a grain on a silo with a role: by a placement hint, else by its number, which spreads a run's grains evenly.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RolePlacement")]
public sealed class RolePlacement : PlacementStrategy
{
    private const string RoleProperty = "krewe.role";

    /// <summary>Used by Orleans, which then calls <see cref="Initialize"/>.</summary>
    public RolePlacement()
    {
    }

    /// <summary>Creates the strategy of a grain class.</summary>
    /// <param name="role">The role.</param>
    public RolePlacement(SiloRoles role) => Role = role;

    /// <summary>The role that the silo must have.</summary>
    [Id(0)]
    public SiloRoles Role { get; private set; }

    /// <inheritdoc/>
    public override void Initialize(GrainProperties properties) =>
        Role = (SiloRoles)int.Parse(properties.Properties[RoleProperty], CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override void PopulateGrainProperties(
        IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        base.PopulateGrainProperties(services, grainClass, grainType, properties);
        properties[RoleProperty] = ((int)Role).ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>Declares the role of the silos that a grain class is placed on.</summary>
/// <param name="role">The role.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RolePlacementAttribute(SiloRoles role) : PlacementAttribute(new RolePlacement(role));
