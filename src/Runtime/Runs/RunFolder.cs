using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>
/// The folder of a run: <c>options.json</c> (the effective options), <c>best</c> and <c>last</c> (checkpoints),
/// <c>evaluations.jsonl</c> (one line per evaluation: the learning curve), <c>metrics.jsonl</c> (one line a second, see <see cref="MetricsLine"/>) and,
/// of a run that failed, <c>failure.txt</c>.
/// <see cref="Create"/>, <see cref="CreateNamed"/> and <see cref="Open"/> lock it (<c>run.lock</c>) until it is disposed or the process ends, so that
/// no two runs write into one folder.
/// </summary>
public sealed class RunFolder : IDisposable
{
    /// <summary>Name of <see cref="FailureFile"/>.</summary>
    internal const string FailureName = "failure.txt";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly List<string> _newParents = [];
    private RunLock? _lock;

    private RunFolder(string path) => Path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoint with the best evaluation.</summary>
    public string Best => System.IO.Path.Combine(Path, "best");

    /// <summary>The newest checkpoint, from which a run is resumed.</summary>
    public string Last => System.IO.Path.Combine(Path, "last");

    /// <summary>The learning curve.</summary>
    public string Evaluations => System.IO.Path.Combine(Path, "evaluations.jsonl");

    /// <summary>The run's metrics over time, one <see cref="MetricsLine"/> per line.</summary>
    public string Metrics => System.IO.Path.Combine(Path, "metrics.jsonl");

    /// <summary>The effective options.</summary>
    public string OptionsFile => System.IO.Path.Combine(Path, "options.json");

    /// <summary>Why the run failed; the file exists only while it counts as failed.</summary>
    public string FailureFile => System.IO.Path.Combine(Path, FailureName);

    private bool IsEmpty => !Directory.Exists(Path)
        || Directory.EnumerateFileSystemEntries(Path).All(entry => RunLock.IsFile(System.IO.Path.GetFileName(entry)));

    /// <summary>Creates the folder of a new run and locks it.</summary>
    /// <param name="path">Path of the folder; it must be empty or not exist, unless <paramref name="overwrite"/>.</param>
    /// <param name="overwrite">Whether to replace an earlier run in it; files that runs do not write are kept.</param>
    /// <exception cref="InvalidOptionException">The folder is not empty, is in use by a running process, or cannot be created.</exception>
    public static RunFolder Create(string path, bool overwrite = false) => Guard("--out", path, () =>
    {
        var folder = new RunFolder(path);
        if (File.Exists(folder.Path))
        {
            throw new InvalidOptionException($"--out {path}: is a file, expected a folder");
        }

        if (!overwrite && !folder.IsEmpty && !RunLock.IsHeld(folder.Path))
        {
            throw NotEmpty(path);
        }

        folder.Make();
        folder._lock = RunLock.TryTake(folder.Path) ?? throw folder.InUse("--out", path);
        if (overwrite)
        {
            folder.RemoveEarlierRun();
        }
        else if (!folder.IsEmpty)
        {
            // Another run started and ended in the meantime.
            folder.Dispose();
            throw NotEmpty(path);
        }

        return folder;
    });

    /// <summary>Creates the folder of a new run under a name that no other run has, and locks it.</summary>
    /// <param name="parent">Folder of all runs; created when it does not exist.</param>
    /// <param name="name">The name; -2, -3 and so on is appended when it is taken.</param>
    /// <exception cref="InvalidOptionException">It cannot be created.</exception>
    public static RunFolder CreateNamed(string parent, string name) => Guard("--out", parent, () =>
    {
        for (int i = 1; ; i++)
        {
            var folder = new RunFolder(System.IO.Path.Combine(parent, i == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{i}")));
            if (File.Exists(folder.Path) || !folder.IsEmpty)
            {
                continue;
            }

            folder.Make();
            folder._lock = RunLock.TryTake(folder.Path);
            if (folder._lock is not null && folder.IsEmpty)
            {
                return folder;
            }

            folder.Dispose();
        }
    });

    /// <summary>Opens the folder of an earlier run and locks it.</summary>
    /// <param name="path">Path of the folder.</param>
    /// <exception cref="InvalidOptionException">It contains no run, is in use by a running process, or cannot be written.</exception>
    public static RunFolder Open(string path) => Guard("--resume", path, () =>
    {
        var folder = new RunFolder(path);
        if (!Directory.Exists(folder.Last) && !Directory.Exists(folder.Last + CheckpointFolder.PreviousSuffix))
        {
            string found = Directory.Exists(folder.Path) ? "no checkpoint 'last' in it" : "there is no such folder";
            throw new InvalidOptionException($"--resume {path}: {found}, expected the folder of a run{Nearest(folder.Path)}");
        }

        folder._lock = RunLock.TryTake(folder.Path) ?? throw folder.InUse("--resume", path);
        return folder;
    });

    /// <summary>
    /// Reads the checkpoint of a path: a checkpoint's folder, a file in it, or the folder of a run (its best checkpoint, else its last).
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="warn">
    /// Receives one line when a damaged or missing checkpoint gives way to the one before it, or a run's best one to its last. Null refuses a damaged one.
    /// </param>
    /// <returns>The checkpoint and the folder that it came from.</returns>
    /// <exception cref="InvalidOptionException">There is none.</exception>
    /// <exception cref="InvalidDataFormatException">It is damaged, and there is no other to give way to.</exception>
    public static (Checkpoint Checkpoint, string Path) ReadCheckpoint(string path, Action<string>? warn)
    {
        const string Expected = "expected the folder of a checkpoint or of a run";
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new InvalidOptionException($"checkpoint '{path}': is empty, {Expected}");
        }

        string folder = System.IO.Path.TrimEndingDirectorySeparator(path);
        if (File.Exists(path))
        {
            folder = System.IO.Path.GetFileName(path) is CheckpointFolder.WeightsFile or CheckpointFolder.ManifestFile
                ? System.IO.Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : "."
                : throw new InvalidOptionException($"{path}: is not a file of a checkpoint, {Expected}");
        }

        if (CheckpointFolder.HasManifest(folder))
        {
            return CheckpointFolder.ReadOrPrevious(folder, warn);
        }

        (string best, string last) = (System.IO.Path.Combine(folder, "best"), System.IO.Path.Combine(folder, "last"));
        if (!CheckpointFolder.Exists(best) && !CheckpointFolder.Exists(last))
        {
            string found = Directory.Exists(folder) ? $"no checkpoint in it (no {CheckpointFolder.ManifestFile})" : "there is no such file or folder";
            throw new InvalidOptionException($"{path}: {found}, {Expected}{Nearest(folder)}");
        }

        return CheckpointFolder.ReadFirst(
            new[] { best, last }.Where(CheckpointFolder.Exists).SelectMany(name => new[] { name, name + CheckpointFolder.PreviousSuffix }), warn);
    }

    /// <summary>
    /// Opens the folder of a run that may have started already. Creates it if it does not exist, and does not lock it: the host has its own
    /// fence against an earlier learner that is still alive.
    /// </summary>
    /// <param name="path">Path of the folder.</param>
    /// <exception cref="KreweException">It cannot be created.</exception>
    public static RunFolder Continue(string path)
    {
        try
        {
            var folder = new RunFolder(path);
            Directory.CreateDirectory(folder.Path);
            FlushEntry(folder.Path);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KreweException($"the run's folder {path} cannot be used: {FileFault.Reason(e)}", e);
        }
    }

    /// <summary>Takes the lock of a folder from <see cref="Continue"/>, if it is not yet held.</summary>
    /// <returns>Whether the lock is held; false if another process holds it.</returns>
    public bool TryLock()
    {
        try
        {
            return (_lock ??= RunLock.TryTake(Path)) is not null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The process that holds the lock of the folder, for messages.</summary>
    public string Holder => RunLock.Holder(Path);

    /// <summary>
    /// Releases the lock. A folder that is still empty because its run could not start is removed, with the parents that were created for it.
    /// </summary>
    public void Dispose()
    {
        if (_lock is null)
        {
            return;
        }

        try
        {
            if (Directory.Exists(Path) && IsEmpty)
            {
                // Before the lock is released: afterwards the files may belong to another run.
                Directory.Delete(Path, recursive: true);
                foreach (string parent in _newParents.Where(parent => !Directory.EnumerateFileSystemEntries(parent).Any()))
                {
                    Directory.Delete(parent);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The empty folder is left, or was already deleted.
        }
        finally
        {
            _lock.Dispose();
            _lock = null;
        }
    }

    /// <summary>Writes the effective options of a run that begins; it no longer counts as failed.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="KreweException">They could not be written.</exception>
    public void WriteOptions(TrainingOptions options)
    {
        Write(OptionsFile, path => ReplaceText(path, OptionBinder.ToJson(options).ToJsonString(Indented) + "\n"));
        Write(FailureFile, File.Delete);
    }

    /// <summary>
    /// Records that the run failed, unless an earlier failure of this part of the run is recorded. Does nothing when the run had not begun, or
    /// the folder cannot be written.
    /// </summary>
    /// <param name="reason">Why.</param>
    public void WriteFailure(string reason)
    {
        try
        {
            if (File.Exists(OptionsFile) && !File.Exists(FailureFile))
            {
                ReplaceText(FailureFile, reason.ReplaceLineEndings(" ") + "\n");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Must not hide the failure itself, which may be a full disk.
        }
    }

    /// <summary>Adds a point to the learning curve.</summary>
    /// <param name="report">The evaluation.</param>
    /// <exception cref="KreweException">It could not be written.</exception>
    public void AppendEvaluation(EvaluationReport report) =>
        Write(Evaluations, path => File.AppendAllText(path, JsonSerializer.Serialize(report, RunJson.Default.EvaluationReport) + "\n"));

    /// <summary>
    /// Removes the points of the learning curve behind a checkpoint, and a line that was not written to its end. The file is replaced
    /// atomically, if at all.
    /// </summary>
    /// <param name="steps">Environment steps of the checkpoint that the run continues from.</param>
    /// <param name="updates">Its updates.</param>
    /// <exception cref="KreweException">The curve could not be read or written.</exception>
    public void RewindEvaluations(long steps, long updates) => Write(Evaluations, path =>
    {
        if (!File.Exists(path))
        {
            return;
        }

        string text = File.ReadAllText(path);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] kept = [.. lines.Where(line => PointOf(line) is var (atSteps, atUpdates) && atSteps <= steps && atUpdates <= updates)];
        if (kept.Length < lines.Length || (text.Length > 0 && text[^1] != '\n'))
        {
            ReplaceText(path, string.Concat(kept.Select(line => line + "\n")));
        }
    });

    /// <summary>Replaces a file as a whole: whatever happens, there is the old or the new one.</summary>
    private static void ReplaceText(string path, string text)
    {
        string writing = path + CheckpointFolder.WritingSuffix;
        using (var file = new FileStream(writing, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(writing, path, overwrite: true);
    }

    private static (long Steps, long Updates) PointOf(string line)
    {
        try
        {
            using JsonDocument point = JsonDocument.Parse(line);
            return (point.RootElement.GetProperty("environment_steps").GetInt64(), point.RootElement.GetProperty("updates").GetInt64());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return (long.MaxValue, long.MaxValue);
        }
    }

    private static RunFolder Guard(string option, string path, Func<RunFolder> open)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new InvalidOptionException($"{option} '{path}': is empty, expected the path of a folder");
        }

        try
        {
            return open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOptionException($"{option} {path}: cannot be used: {FileFault.Reason(e)}", e);
        }
    }

    private static void Write(string path, Action<string> write)
    {
        try
        {
            write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KreweException($"{path} could not be written: {FileFault.Reason(e)}", e);
        }
    }

    private static InvalidOptionException NotEmpty(string path) => new(
        $"--out {path}: the folder is not empty; choose another, continue its run with --resume {path}, or replace it with --overwrite");

    private void Make()
    {
        for (string? parent = System.IO.Path.GetDirectoryName(Path); parent is not null && !Directory.Exists(parent); parent = System.IO.Path.GetDirectoryName(parent))
        {
            _newParents.Add(parent);
        }

        Directory.CreateDirectory(Path);
        FlushEntry(Path);
        _newParents.ForEach(FlushEntry);
    }

    private static void FlushEntry(string folder)
    {
        if (System.IO.Path.GetDirectoryName(folder) is { } parent)
        {
            FolderSync.Flush(parent);
        }
    }

    private InvalidOptionException InUse(string option, string path) => new(
        $"{option} {path}: in use by a run of {RunLock.Holder(Path)}; choose another folder, or wait until that run has ended");

    private void RemoveEarlierRun()
    {
        foreach (string checkpoint in new[] { Best, Last })
        {
            foreach (string suffix in new[] { "", CheckpointFolder.PreviousSuffix, CheckpointFolder.WritingSuffix })
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
        File.Delete(FailureFile);
    }

    /// <summary>The end of a message about a folder that does not exist: a folder beside it with a similar name.</summary>
    private static string Nearest(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        string? parent = System.IO.Path.GetDirectoryName(full);
        try
        {
            return !Directory.Exists(full) && Directory.Exists(parent)
                ? NearestName.Suggestion(System.IO.Path.GetFileName(full), Directory.EnumerateDirectories(parent).Select(folder => System.IO.Path.GetFileName(folder)))
                : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
