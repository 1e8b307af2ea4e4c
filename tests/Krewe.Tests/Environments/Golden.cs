using Krewe.Environments;

namespace Krewe.Tests;

/// <summary>The recordings of the reference environments that ship with the tests.</summary>
internal static class Golden
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "data", "golden");

    public static string File(string name) => Path.Combine(Folder, name);

    public static VerificationResult Verify(string path) => RecordingVerifier.Verify(path, EnvironmentRegistry.CreateDefault());
}
