using System.Globalization;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>
/// The roles, cores and memory of a silo. They are part of the silo's name in the membership table, so every other silo knows them as soon
/// as it knows the silo, without a call to a silo that may be dead.
/// </summary>
/// <param name="Roles">Its roles.</param>
/// <param name="Cores">Its cores.</param>
/// <param name="MemoryBytes">Memory that its process may use.</param>
/// <param name="Host">Name of its machine, for messages.</param>
internal sealed record SiloProfile(SiloRoles Roles, int Cores, long MemoryBytes, string Host)
{
    private const string Prefix = "krewe";

    /// <summary>The profile of this process, with the given roles.</summary>
    public static SiloProfile Here(SiloRoles roles) => new(
        roles, Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Environment.MachineName);

    /// <summary>Parses a silo's name; null when the silo is not one of Krewe's.</summary>
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
