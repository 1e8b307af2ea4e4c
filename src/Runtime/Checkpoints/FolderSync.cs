using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Krewe.Runtime;

/// <summary>
/// Flushes the entries of a folder to disk: on POSIX systems a file that was flushed and renamed can still be missing after a power failure
/// until its folder is flushed too. Windows has no such call, and NTFS journals its folders.
/// </summary>
internal static partial class FolderSync
{
    /// <summary>Flushes a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="IOException">It could not be opened or flushed.</exception>
    public static void Flush(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int folder = Open(path, flags: 0);
        Check(folder, path);
        try
        {
            Check(Sync(folder), path);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    private static void Check(int result, string path)
    {
        if (result < 0)
        {
            throw new IOException($"{path}: its entries could not be flushed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
