using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Krewe.Runtime;

/// <summary>
/// Flushes the entries of a folder to disk. On POSIX systems, a file that was flushed and renamed may be missing after a power failure
/// unless its folder was flushed too. Windows has no such call; NTFS journals its folders.
/// </summary>
internal static partial class FolderSync
{
    // EACCES and EINVAL, the same on Linux and macOS: a folder without read permission, and a file system that cannot flush folders.
    private const int AccessDenied = 13;
    private const int Invalid = 22;

    /// <summary>Flushes a folder; does nothing where the file system or the folder's permissions do not allow it.</summary>
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
        if (folder < 0)
        {
            return;
        }

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
        if (result < 0 && Marshal.GetLastPInvokeError() is not (AccessDenied or Invalid))
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
