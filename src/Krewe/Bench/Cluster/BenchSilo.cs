using Krewe.Cluster;

namespace Krewe.Cli;

/// <summary>A silo that a benchmark starts in a child process.</summary>
/// <param name="Roles">Its roles.</param>
internal sealed record BenchSilo(SiloRoles Roles)
{
    /// <summary>Whether it prints when its actors first act with a version, which takes a third of a core.</summary>
    public bool WatchesVersions { get; init; }

    public static implicit operator BenchSilo(SiloRoles roles) => new(roles);
}
