using System.Globalization;
using Orleans.Metadata;
using Orleans.Placement;

namespace Krewe.Cluster;

/// <summary>Puts a grain on a silo with a role: where a placement hint says, else by its number, so that grains of one run spread evenly.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RolePlacement")]
public sealed class RolePlacement : PlacementStrategy
{
    private const string RoleProperty = "krewe.role";

    /// <summary>For Orleans, which then calls <see cref="Initialize"/>.</summary>
    public RolePlacement()
    {
    }

    /// <summary>Makes the strategy of a grain class.</summary>
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

/// <summary>Says on silos of which role a grain class lives.</summary>
/// <param name="role">The role.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RolePlacementAttribute(SiloRoles role) : PlacementAttribute(new RolePlacement(role));
