namespace Krewe.Contracts;

/// <summary>Why a file or folder could not be used, for messages, which name the path themselves.</summary>
public static class FileFault
{
    /// <summary>For example <c>no such file or folder</c>, <c>Permission denied</c> or <c>No space left on device</c>.</summary>
    /// <param name="fault">The exception of the file system.</param>
    public static string Reason(Exception fault) => fault switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or folder",

        // The base library's own message says only that access was denied, also for a folder in the place of a file.
        UnauthorizedAccessException => fault.InnerException?.Message ?? "Permission denied",
        _ => fault.Message.Split(" : '")[0].TrimEnd('.'),
    };
}
