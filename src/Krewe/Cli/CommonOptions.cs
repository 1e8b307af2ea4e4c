using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Krewe.Environments;
using Krewe.Learner.Checkpoints;

namespace Krewe.Cli;

/// <summary>What several commands share.</summary>
internal static class CommonOptions
{
    /// <summary>How every <c>--json</c> is written: one line, snake_case.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Option<bool> JsonFlag() => new("--json") { Description = "Print the result as one JSON object on the last line." };

    public static Option<string[]> Assemblies() => new("--assembly")
    {
        Description = "An assembly with environments of your own (declared with [Environment]); may be given several times.",
        HelpName = "DLL",
    };

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
