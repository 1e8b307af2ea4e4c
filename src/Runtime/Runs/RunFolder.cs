using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>
/// The folder of a run: <c>options.json</c> (the effective options), <c>best</c> and <c>last</c> (checkpoints),
/// <c>evaluations.jsonl</c> (one line an evaluation: the learning curve) and <c>metrics.jsonl</c> (one line a second, see <see cref="MetricsLine"/>).
/// </summary>
public sealed class RunFolder
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly JsonSerializerOptions OneLine = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private RunFolder(string path) => Path = System.IO.Path.GetFullPath(path);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoint with the best evaluation.</summary>
    public string Best => System.IO.Path.Combine(Path, "best");

    /// <summary>The newest checkpoint, from which a run is resumed.</summary>
    public string Last => System.IO.Path.Combine(Path, "last");

    /// <summary>The learning curve.</summary>
    public string Evaluations => System.IO.Path.Combine(Path, "evaluations.jsonl");

    /// <summary>The run's metrics over time, a <see cref="MetricsLine"/> a line.</summary>
    public string Metrics => System.IO.Path.Combine(Path, "metrics.jsonl");

    /// <summary>The effective options.</summary>
    public string OptionsFile => System.IO.Path.Combine(Path, "options.json");

    /// <summary>Makes the folder of a new run.</summary>
    /// <param name="path">Where; must be empty or not exist, unless <paramref name="overwrite"/>.</param>
    /// <param name="overwrite">Whether to remove an earlier run that is there; files that no run writes are left alone.</param>
    /// <exception cref="InvalidOptionException">The folder holds something and may not be overwritten, or it cannot be made.</exception>
    public static RunFolder Create(string path, bool overwrite = false)
    {
        var folder = new RunFolder(path);
        try
        {
            if (File.Exists(folder.Path))
            {
                throw new InvalidOptionException($"--out {path}: is a file, expected a folder");
            }

            if (Directory.Exists(folder.Path) && Directory.EnumerateFileSystemEntries(folder.Path).Any())
            {
                if (!overwrite)
                {
                    throw new InvalidOptionException(
                        $"--out {path}: the folder is not empty; choose another, continue its run with --resume {path}, or replace it with --overwrite");
                }

                folder.RemoveEarlierRun();
            }

            Directory.CreateDirectory(folder.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOptionException($"--out {path}: cannot be used: {e.Message}", e);
        }

        return folder;
    }

    /// <summary>Opens the folder of an earlier run.</summary>
    /// <param name="path">Where.</param>
    /// <exception cref="InvalidOptionException">There is no run in it.</exception>
    public static RunFolder Open(string path)
    {
        var folder = new RunFolder(path);
        return Directory.Exists(folder.Last) || Directory.Exists(folder.Last + ".previous")
            ? folder
            : throw new InvalidOptionException($"--resume {path}: no checkpoint 'last' in it, expected the folder of a run");
    }

    /// <summary>The folder of a run that may have begun or not: made when it is not there.</summary>
    /// <param name="path">Where.</param>
    /// <exception cref="KreweException">It cannot be made.</exception>
    public static RunFolder Continue(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return new RunFolder(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KreweException($"the run's folder {path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Takes back <see cref="Create"/> when the run could not start: removes the folder if nothing was written into it.</summary>
    public void RemoveIfEmpty()
    {
        if (Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any())
        {
            Directory.Delete(Path);
        }
    }

    /// <summary>Writes the effective options.</summary>
    /// <param name="options">The options.</param>
    public void WriteOptions(TrainingOptions options) =>
        File.WriteAllText(OptionsFile, OptionBinder.ToJson(options).ToJsonString(Indented) + "\n");

    /// <summary>Adds a point to the learning curve.</summary>
    /// <param name="report">The evaluation.</param>
    public void AppendEvaluation(EvaluationReport report) => File.AppendAllText(
        Evaluations,
        JsonSerializer.Serialize(report, OneLine) + "\n");

    private void RemoveEarlierRun()
    {
        foreach (string checkpoint in new[] { Best, Last })
        {
            foreach (string suffix in new[] { "", ".previous", ".writing" })
            {
                if (Directory.Exists(checkpoint + suffix))
                {
                    Directory.Delete(checkpoint + suffix, recursive: true);
                }
            }
        }

        File.Delete(Evaluations);
        File.Delete(Metrics);
        File.Delete(OptionsFile);
    }
}
