using System.Globalization;
using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>
/// What every silo knows of every other: its roles, cores and memory. It travels in the silo's name, a field of the membership table:
/// so it is known the moment that a silo is, without asking one that may be dead already.
/// </summary>
/// <param name="Roles">What the silo is there for.</param>
/// <param name="Cores">Its cores.</param>
/// <param name="MemoryBytes">Memory that its process may use.</param>
/// <param name="Host">Name of its machine, for people.</param>
internal sealed record SiloProfile(SiloRoles Roles, int Cores, long MemoryBytes, string Host)
{
    private const string Prefix = "krewe";

    /// <summary>This process, with some roles.</summary>
    public static SiloProfile Here(SiloRoles roles) => new(
        roles, Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Environment.MachineName);

    /// <summary>Reads a silo's name; null when it is no silo of krewe's.</summary>
    public static SiloProfile? Parse(string? name)
    {
        string[] parts = name?.Split('|') ?? [];
        return parts.Length == 5
            && parts[0] == Prefix
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int roles)
            && int.TryParse(parts[2], CultureInfo.InvariantCulture, out int cores)
            && long.TryParse(parts[3], CultureInfo.InvariantCulture, out long memory)
            ? new SiloProfile((SiloRoles)roles, Math.Max(1, cores), memory, parts[4])
            : null;
    }

    /// <summary>The silo's name.</summary>
    public string ToName() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}|{(int)Roles}|{Cores}|{MemoryBytes}|{Host}");

    /// <summary>A role's name in messages and on the command line.</summary>
    public static string NameOf(SiloRoles role) => OptionSchema.ToKey(role.ToString());
}
