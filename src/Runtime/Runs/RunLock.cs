using System.Globalization;

namespace Krewe.Runtime;

/// <summary>
/// The lock of a run's folder: the file <c>run.lock</c>, kept open while the run is alive. The operating system releases it whenever
/// the process ends. <c>run.pid</c> beside it names the process, because a locked file cannot be read.
/// </summary>
internal sealed class RunLock : IDisposable
{
    public const string LockFile = "run.lock";
    private const string HolderFile = "run.pid";

    // A listing of runs briefly takes the lock to find out whether it is free.
    private const int Attempts = 5;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(20);

    private readonly string _holder;
    private readonly FileStream _file;

    private RunLock(string holder, FileStream file)
    {
        _holder = holder;
        _file = file;
    }

    /// <summary>Whether a file in a run's folder belongs to the lock.</summary>
    /// <param name="name">The name of the file.</param>
    public static bool IsFile(string name) => name is LockFile or HolderFile;

    /// <summary>Takes the lock of a folder.</summary>
    /// <param name="folder">The folder; it exists.</param>
    /// <returns>The lock; null when another process holds it.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static RunLock? TryTake(string folder)
    {
        string path = Path.Combine(folder, LockFile);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            try
            {
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                var taken = new RunLock(Path.Combine(folder, HolderFile), file);
                taken.WriteHolder();
                return taken;
            }
            catch (IOException e) when (IsHeldByAnother(e))
            {
                Thread.Sleep(BetweenAttempts);
            }
        }

        return null;
    }

    /// <summary>Whether a running process holds the lock of a folder.</summary>
    /// <param name="folder">The folder.</param>
    public static bool IsHeld(string folder)
    {
        try
        {
            new FileStream(Path.Combine(folder, LockFile), FileMode.Open, FileAccess.Read, FileShare.ReadWrite).Dispose();
            return false;
        }
        catch (IOException e)
        {
            return IsHeldByAnother(e);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether the last process that held the lock of a folder ended without releasing it. The lock must be free now.</summary>
    /// <param name="folder">The folder.</param>
    public static bool IsLeftBehind(string folder) => File.Exists(Path.Combine(folder, HolderFile));

    /// <summary>The process that holds the lock of a folder, for messages.</summary>
    /// <param name="folder">The folder.</param>
    public static string Holder(string folder)
    {
        try
        {
            return $"process {File.ReadAllText(Path.Combine(folder, HolderFile)).Trim()}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            File.Delete(_holder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder was removed or is no longer writable; the lock is released anyway.
        }
        finally
        {
            _file.Dispose();
        }
    }

    // Errno on Linux and macOS, and the code on Windows.
    private static bool IsHeldByAnother(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    private void WriteHolder()
    {
        try
        {
            File.WriteAllText(_holder, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} on {Environment.MachineName}\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The lock works without the holder's name; the run's next write reports a full disk.
        }
    }
}
