namespace Krewe.Contracts;

/// <summary>Describes why a file or folder could not be used, without its path.</summary>
public static class FileFault
{
    /// <summary>For example <c>no such file or folder</c>, <c>Permission denied</c> or <c>No space left on device</c>.</summary>
    /// <param name="fault">The exception of the file system.</param>
    public static string Reason(Exception fault) => fault switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or folder",

        // The outer message only says that access was denied, even if the path is a folder instead of a file.
        UnauthorizedAccessException => fault.InnerException?.Message ?? "Permission denied",
        _ => fault.Message.Split(" : '")[0].TrimEnd('.'),
    };
}
