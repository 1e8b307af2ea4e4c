using System.Globalization;
using Krewe.Cluster.Placement;

namespace Krewe.Cluster.Bench;

/// <summary>A silo that a bench starts in a process of its own.</summary>
/// <param name="Roles">Its roles.</param>
internal sealed record BenchSilo(SiloRoles Roles)
{
    // They start another program so that all of its threads, from the first one on, are where they should be.
    private const string Affinity = "/usr/bin/taskset";
    private const string Niceness = "/usr/bin/nice";

    /// <summary>Whether silos can be given cores here.</summary>
    public static bool CanHaveCores => File.Exists(Affinity) && File.Exists(Niceness) && System.Environment.ProcessorCount > 1;

    /// <summary>The one core that it may use; null for all.</summary>
    public int? Core { get; init; }

    /// <summary>Whether others on its core go first.</summary>
    public bool GivesWay { get; init; }

    /// <summary>Whether it prints when its actors first act with a version, which takes a third of a core.</summary>
    public bool WatchesVersions { get; init; }

    /// <summary>What to start, with its arguments, so that a command runs as this silo is to run.</summary>
    public string[] Command(params string[] command)
    {
        string[] affinity = Core is { } core ? [Affinity, "-c", core.ToString(CultureInfo.InvariantCulture)] : [];
        return GivesWay ? [Niceness, "-n", "10", .. affinity, .. command] : [.. affinity, .. command];
    }

    public static implicit operator BenchSilo(SiloRoles roles) => new(roles);
}
