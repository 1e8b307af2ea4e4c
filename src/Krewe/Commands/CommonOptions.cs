using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;

namespace Krewe.Cli;

/// <summary>What several commands share.</summary>
public static class CommonOptions
{
    /// <summary>How every <c>--json</c> is written: one line, snake_case.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A <c>--json</c> of a command's own.</summary>
    public static Option<bool> JsonFlag() => new("--json") { Description = "Print the result as one JSON object on the last line." };

    /// <summary>An <c>--assembly</c> of a command's own.</summary>
    public static Option<string[]> Assemblies() => new("--assembly")
    {
        Description = "An assembly with environments of your own (declared with [Environment]); may be given several times.",
        HelpName = "DLL",
    };

    /// <summary>The built-in environments and those of the user's assemblies.</summary>
    /// <param name="assemblies">Paths of assemblies.</param>
    /// <exception cref="KreweException">An assembly cannot be read, or an environment in it is wrong.</exception>
    public static EnvironmentRegistry Registry(string[]? assemblies)
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        foreach (string path in assemblies ?? [])
        {
            registry.RegisterAssembly(path);
        }

        return registry;
    }

    /// <summary>The checkpoint folder that a path means: itself, or the best (else the last) of a run folder.</summary>
    /// <param name="path">The path.</param>
    public static string CheckpointPath(string path)
    {
        foreach (string candidate in new[] { path, Path.Combine(path, "best"), Path.Combine(path, "last") })
        {
            if (File.Exists(Path.Combine(candidate, CheckpointFolder.ManifestFile)))
            {
                return candidate;
            }
        }

        return path;
    }
}
