namespace Krewe.Runtime;

/// <summary>The content of replay as files of a checkpoint.</summary>
/// <param name="FileNames">Names of the files.</param>
/// <param name="Write">Writes exactly these files into the folder passed to it.</param>
public sealed record ReplayContent(IReadOnlyList<string> FileNames, Action<string> Write);
