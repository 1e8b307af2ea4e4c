using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>The state of a run, as read from its folder.</summary>
public enum RunFolderState
{
    /// <summary>A process holds the folder's lock: the run is alive.</summary>
    Running,

    /// <summary>All steps are done, or the run has ended because the environment was solved.</summary>
    Completed,

    /// <summary>It was interrupted; <c>krewe train --resume</c> continues it.</summary>
    Stopped,

    /// <summary>Its environment, an update or its last write failed; <c>krewe train --resume</c> continues it from its last checkpoint, if it has one.</summary>
    Failed,

    /// <summary>Its process ended without releasing the folder: it was killed, or the machine failed; <c>krewe train --resume</c> continues it.</summary>
    Killed,

    /// <summary>The run has no checkpoint.</summary>
    Empty,

    /// <summary>The checkpoint cannot be read.</summary>
    Damaged,
}

/// <summary>One run in a listing of run folders.</summary>
/// <param name="Name">Name of the folder.</param>
/// <param name="State">The state of the run.</param>
/// <param name="EnvironmentId">Id of the environment; null when it cannot be read from a checkpoint.</param>
/// <param name="Seed">Seed of the run; null in the same case.</param>
/// <param name="EnvironmentSteps">Environment steps at the newest checkpoint.</param>
/// <param name="StepBudget">Environment steps of the whole run.</param>
/// <param name="BestMean">The best mean return of an evaluation; null for none.</param>
/// <param name="Written">When the newest checkpoint, or else the options, were written, in UTC.</param>
public sealed record RunSummary(
    string Name,
    RunFolderState State,
    string? EnvironmentId,
    long? Seed,
    long EnvironmentSteps,
    long StepBudget,
    double? BestMean,
    DateTime Written)
{
    /// <summary>Why the run failed; null when it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>The runs in a folder, oldest first. Folders that hold no run are left out.</summary>
    /// <param name="directory">The folder of runs, or of one run.</param>
    /// <exception cref="InvalidOptionException">There is no such folder, or it may not be read.</exception>
    public static IReadOnlyList<RunSummary> List(string directory)
    {
        try
        {
            RunSummary[] runs = [.. Directory.EnumerateDirectories(directory).Select(Of).OfType<RunSummary>().OrderBy(run => run.Written).ThenBy(run => run.Name, StringComparer.Ordinal)];
            return runs.Length == 0 && Of(directory) is { } run ? [run] : runs;
        }
        catch (IOException e) when (File.Exists(directory))
        {
            throw new InvalidOptionException($"{directory}: is a file, expected a folder of runs", e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new InvalidOptionException($"{directory}: there is no such folder, expected a folder of runs; krewe train creates runs/ in its working directory", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOptionException($"{directory}: cannot be read, expected a folder of runs: {FileFault.Reason(e)}", e);
        }
    }

    private static RunSummary? Of(string folder)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        string? failure = Failed(folder);
        string[] checkpoints =
        [
            .. new[] { "last", "last" + CheckpointFolder.PreviousSuffix, "best" }
                .Select(part => Path.Combine(folder, part))
                .Where(path => File.Exists(Path.Combine(path, CheckpointFolder.ManifestFile))),
        ];
        foreach (string checkpoint in checkpoints)
        {
            try
            {
                CheckpointSummary summary = CheckpointFolder.ReadSummary(checkpoint);
                RunOptions run = summary.Options.Run;

                // It may be newer than the last checkpoint.
                double? best = CheckpointFolder.TryReadSummary(Path.Combine(folder, "best"))?.EvaluationMean;
                best = summary.BestMean > best || best is null ? summary.BestMean : best;
                RunFolderState state = RunLock.IsHeld(folder) ? RunFolderState.Running
                    : run.IsDone(summary.EnvironmentSteps, summary.IsSolved) && summary.IsComplete != false ? RunFolderState.Completed
                    : failure is not null ? RunFolderState.Failed
                    : RunLock.IsLeftBehind(folder) ? RunFolderState.Killed
                    : RunFolderState.Stopped;
                return new RunSummary(
                    name, state, summary.Options.Environment.Id, run.Seed, summary.EnvironmentSteps, run.Steps, best, WrittenAt(checkpoint))
                {
                    Failure = failure,
                };
            }
            catch (InvalidDataFormatException)
            {
                // The one before it is used instead, as when the run is resumed.
            }
        }

        if (checkpoints.Length > 0)
        {
            return new RunSummary(name, RunFolderState.Damaged, null, null, 0, 0, null, WrittenAt(checkpoints[0])) { Failure = failure };
        }

        string file = Path.Combine(folder, "options.json");
        RunFolderState without = RunLock.IsHeld(folder) ? RunFolderState.Running : failure is null ? RunFolderState.Empty : RunFolderState.Failed;
        TrainingOptions? options = Options(file);
        return File.Exists(file)
            ? new RunSummary(
                name, without, options?.Environment.Id, options?.Run.Seed, 0, options?.Run.Steps ?? 0, null, File.GetLastWriteTimeUtc(file))
            {
                Failure = failure,
            }
            : null;
    }

    private static DateTime WrittenAt(string checkpoint) => File.GetLastWriteTimeUtc(Path.Combine(checkpoint, CheckpointFolder.ManifestFile));

    /// <summary>The options that a run was started with; null if they cannot be read.</summary>
    private static TrainingOptions? Options(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) is JsonObject json ? new OptionBinder().Apply(json, file).Bind() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOptionException)
        {
            return null;
        }
    }

    private static string? Failed(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, RunFolder.FailureName)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
