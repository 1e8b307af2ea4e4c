using System.Reflection;

namespace Krewe.Runtime;

/// <summary>The version of this build.</summary>
public static class KreweVersion
{
    /// <summary>For example <c>0.1.0</c>.</summary>
    public static string Current { get; } =
        typeof(KreweVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
