namespace Krewe.Tests;

/// <summary>A temporary folder for one test, removed afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("krewe-tests-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Every file below a folder, but those of its lock, with its bytes: what tells whether anything was touched.</summary>
    public static IReadOnlyDictionary<string, string> Snapshot(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => System.IO.Path.GetFileName(file) is not ("run.lock" or "run.pid"))
        .ToDictionary(file => System.IO.Path.GetRelativePath(folder, file), file => Convert.ToHexString(File.ReadAllBytes(file)));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
