namespace Krewe.Runtime;

/// <summary>What a checkpoint may hold besides the learner's state, as files: replay, and the actors of a run in lock step.</summary>
/// <param name="FileNames">Names of the files that can be written now.</param>
/// <param name="Write">Writes exactly these files into the folder passed to it.</param>
public sealed record RunContent(Func<IReadOnlyList<string>> FileNames, Action<string> Write);
