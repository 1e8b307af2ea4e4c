using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>
/// Writes and reads checkpoint folders: <c>weights.safetensors</c>, <c>run.json</c> and, on request, the content of replay.
/// </summary>
/// <remarks>
/// A checkpoint is written to <c>NAME.writing</c>, flushed, and renamed; the manifest with the checksums of all other files is written
/// last. The checkpoint that it replaces is kept as <c>NAME.previous</c>, so that there is a valid one at any time; a damaged
/// checkpoint never replaces a valid one.
/// </remarks>
public static class CheckpointFolder
{
    /// <summary>Name of the file of weights.</summary>
    public const string WeightsFile = "weights.safetensors";

    /// <summary>Name of the manifest.</summary>
    public const string ManifestFile = "run.json";

    /// <summary>Suffix of the name of a checkpoint that is being written.</summary>
    public const string WritingSuffix = ".writing";

    /// <summary>Suffix of the name of the checkpoint that was replaced last.</summary>
    public const string PreviousSuffix = ".previous";

    // Larger counters would overflow when the run continues. No run reaches this.
    private const long MostCounted = 1L << 60;

    // The maximum of TimeSpan.
    private const double MostSeconds = 1e11;

    /// <summary>Writes a checkpoint. A folder must have a single writer.</summary>
    /// <param name="path">The folder; replaced if it exists.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="writeContent">Writes the files named in <see cref="Checkpoint.Files"/> into the folder passed to it; null for none.</param>
    /// <exception cref="KreweException">The disk is full, or the folder cannot be written. The previous checkpoint is intact.</exception>
    public static void Write(string path, Checkpoint checkpoint, Action<string>? writeContent = null)
    {
        string writing = path + WritingSuffix;
        try
        {
            DeleteFolder(writing);
            Directory.CreateDirectory(writing);
            WriteFlushed(
                Path.Combine(writing, WeightsFile), stream => SafetensorsWriter.Write(stream, LearnerStateFile.FromState(checkpoint.State)));
            writeContent?.Invoke(writing);
            Dictionary<string, string> checksums = [];
            foreach (string file in checkpoint.Files.Prepend(WeightsFile))
            {
                checksums[file] = Checksum(Path.Combine(writing, file));
            }

            WriteFlushed(Path.Combine(writing, ManifestFile), stream => stream.Write(CheckpointManifest.From(checkpoint, checksums).ToUtf8()));
            FolderSync.Flush(writing);
            Replace(writing, path);
            FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e)
        {
            RemoveUnfinished(writing);
            if (e is not (IOException or UnauthorizedAccessException))
            {
                // Of an environment that cannot read its state.
                throw;
            }

            string before = Exists(path) ? "; the previous one is intact" : "";
            throw new KreweException($"checkpoint {path} could not be written: {FileFault.Reason(e)}{before}", e);
        }
    }

    /// <summary>Reads and checks a complete checkpoint.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="InvalidDataFormatException">It is not a checkpoint, is damaged or incomplete, or has another format.</exception>
    public static Checkpoint Read(string path)
    {
        (CheckpointManifest manifest, CheckpointSummary summary) = ReadManifest(path);
        CheckFiles(path, manifest);
        string weights = Path.Combine(path, WeightsFile);
        return new Checkpoint
        {
            State = LearnerStateFile.ToState(SafetensorsReader.Read(weights), weights),
            Options = summary.Options,
            EnvironmentSteps = summary.EnvironmentSteps,
            Updates = summary.Updates,
            Episodes = summary.Episodes,
            PolicyVersion = manifest.Counters.PolicyVersion,
            WallSeconds = summary.WallSeconds,
            EvaluationMean = manifest.EvaluationMean,
            BestMean = summary.BestMean,
            Solved = manifest.Solved,
            IsComplete = manifest.Complete,
            ActorRandom = [.. manifest.ActorRandom.Select(state => state.ToState(Path.Combine(path, ManifestFile)))],
            KreweVersion = manifest.KreweVersion,
            Files = [.. manifest.Files.Keys.Where(file => file != WeightsFile).Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>Reads a checkpoint's manifest only. Weights and checksums are not checked.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="InvalidDataFormatException">It is not a checkpoint, or its manifest is damaged or has another format.</exception>
    public static CheckpointSummary ReadSummary(string path) => ReadManifest(path).Summary;

    /// <summary>Reads a checkpoint, or the previous one if it is damaged.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="warn">Receives the reason why the newest was refused and what is used instead, for the user. Null refuses a damaged one.</param>
    /// <returns>The checkpoint and the folder that it came from.</returns>
    /// <exception cref="InvalidDataFormatException">There is no valid checkpoint; the message says what is wrong with the newest.</exception>
    public static (Checkpoint Checkpoint, string Path) ReadOrPrevious(string path, Action<string>? warn) => ReadFirst([path, path + PreviousSuffix], warn);

    /// <summary>Reads the first valid checkpoint of several.</summary>
    /// <param name="paths">Their folders; those after the first may not exist.</param>
    /// <param name="warn">Receives the reason why the first was refused and what is used instead, for the user. Null refuses a damaged one.</param>
    /// <returns>The checkpoint and the folder that it came from.</returns>
    /// <exception cref="InvalidDataFormatException">There is no valid one; the message says what is wrong with the first.</exception>
    public static (Checkpoint Checkpoint, string Path) ReadFirst(IEnumerable<string> paths, Action<string>? warn)
    {
        // A missing one is not damaged: between the two renames of a write only the previous one exists.
        string[] all = [.. paths];
        bool exists = all.Any(Directory.Exists);
        InvalidDataFormatException? fault = null;
        foreach (string path in all)
        {
            if (!Directory.Exists(path) && (fault is not null || (warn is null && exists)))
            {
                continue;
            }

            try
            {
                Checkpoint checkpoint = Read(path);
                if (fault is not null)
                {
                    warn!($"{fault.Message}; {path} is used instead");
                }

                return (checkpoint, path);
            }
            catch (InvalidDataFormatException e) when (warn is not null)
            {
                fault ??= e;
            }
        }

        throw fault!;
    }

    /// <summary>Reads an optional checkpoint, or the previous one if it is damaged.</summary>
    /// <param name="path">The checkpoint's folder.</param>
    /// <param name="warn">Receives a warning for the user about a damaged checkpoint.</param>
    /// <returns>The checkpoint; null if there is no valid one.</returns>
    public static Checkpoint? TryRead(string path, Action<string> warn)
    {
        try
        {
            return Exists(path) ? ReadOrPrevious(path, warn).Checkpoint : null;
        }
        catch (InvalidDataFormatException e)
        {
            warn($"{e.Message}; continuing without it");
            return null;
        }
    }

    private static string Short(string checksum) => checksum.Length > 12 ? checksum[..12] + "..." : checksum;

    /// <summary>Whether there is a checkpoint, or the one that it replaced.</summary>
    /// <param name="path">The checkpoint's folder.</param>
    public static bool Exists(string path) => Directory.Exists(path) || Directory.Exists(path + PreviousSuffix);

    /// <summary>Whether a folder is that of a checkpoint, or of one that was replaced.</summary>
    /// <param name="path">The folder.</param>
    public static bool HasManifest(string path) =>
        File.Exists(Path.Combine(path, ManifestFile)) || File.Exists(Path.Combine(path + PreviousSuffix, ManifestFile));

    /// <summary>What the manifest of a checkpoint says, or that of the one before it; null when neither can be read.</summary>
    /// <param name="path">The checkpoint's folder.</param>
    public static CheckpointSummary? TryReadSummary(string path)
    {
        foreach (string folder in new[] { path, path + PreviousSuffix })
        {
            try
            {
                return ReadSummary(folder);
            }
            catch (InvalidDataFormatException)
            {
                // Missing or damaged.
            }
        }

        return null;
    }

    private static (CheckpointManifest Manifest, CheckpointSummary Summary) ReadManifest(string path)
    {
        string manifestPath = Path.Combine(path, ManifestFile);
        CheckpointManifest manifest = CheckpointManifest.Parse(ReadAll(manifestPath), manifestPath);
        TrainingOptions options;
        try
        {
            options = new OptionBinder().Apply(Known(manifest.Options), manifestPath).Bind();
        }
        catch (InvalidOptionException e)
        {
            throw new InvalidDataFormatException(e.Message, e);
        }

        CheckpointManifest.CounterValues counters = manifest.Counters;
        CheckRange(counters.EnvironmentSteps, 0, MostCounted, "counters.environment_steps", manifestPath);
        CheckRange(counters.Updates, 0, MostCounted, "counters.updates", manifestPath);
        CheckRange(counters.Episodes, 0, MostCounted, "counters.episodes", manifestPath);
        CheckRange(counters.PolicyVersion, -1, long.MaxValue - PolicyVersions.MaxNumber, "counters.policy_version", manifestPath);
        CheckRange(counters.WallSeconds, 0, MostSeconds, "counters.wall_seconds", manifestPath);
        if (manifest.Solved is { } solved)
        {
            CheckRange(solved.Seconds, 0, MostSeconds, "solved.seconds", manifestPath);
            CheckRange(solved.Step, 0, MostCounted, "solved.step", manifestPath);
        }

        return (manifest, new CheckpointSummary(
            options,
            counters.EnvironmentSteps,
            counters.Updates,
            counters.Episodes,
            counters.WallSeconds,
            manifest.EvaluationMean,
            manifest.BestMean,
            manifest.Solved is not null,
            manifest.Complete));
    }

    /// <summary>
    /// The options without those of an agent whose assembly is not loaded: only a run needs them, which refuses an unknown agent with advice.
    /// </summary>
    private static JsonObject Known(JsonObject options)
    {
        if (options["agent"]?["kind"] is not JsonValue kind || !kind.TryGetValue(out string? name) || LearningAgents.All.Any(agent => agent.Kind == name)
            || OptionBinder.ToJson(new TrainingOptions()).ContainsKey(name!))
        {
            return options;
        }

        var known = (JsonObject)options.DeepClone();
        known.Remove(name);
        return known;
    }

    private static void CheckFiles(string path, CheckpointManifest manifest)
    {
        string manifestPath = Path.Combine(path, ManifestFile);
        foreach ((string file, string checksum) in manifest.Files)
        {
            // The manifest is untrusted input: its file names must not lead out of the folder.
            string filePath = Path.GetFileName(file) == file
                ? Path.Combine(path, file)
                : throw new InvalidDataFormatException($"{manifestPath}: names the file '{file}', expected one beside it");
            string found = ChecksumOf(filePath);
            if (!found.Equals(checksum, StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidDataFormatException($"{filePath}: damaged: its SHA-256 is {Short(found)}, {ManifestFile} says {Short(checksum)}");
            }
        }

        if (!manifest.Files.ContainsKey(WeightsFile))
        {
            throw new InvalidDataFormatException($"{manifestPath}: names no {WeightsFile}");
        }
    }

    private static void Replace(string writing, string path)
    {
        string previous = path + PreviousSuffix;
        if (Directory.Exists(previous) && !IsWhole(path))
        {
            DeleteFolder(path);
        }
        else if (Directory.Exists(path))
        {
            DeleteFolder(previous);
            Directory.Move(path, previous);
        }

        Directory.Move(writing, path);
    }

    private static bool IsWhole(string path)
    {
        try
        {
            CheckFiles(path, ReadManifest(path).Manifest);
            return true;
        }
        catch (InvalidDataFormatException)
        {
            return false;
        }
    }

    /// <summary>Frees the space of a checkpoint that could not be written. If this fails too, the next write does it.</summary>
    private static void RemoveUnfinished(string writing)
    {
        try
        {
            DeleteFolder(writing);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void DeleteFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static void WriteFlushed(string path, Action<Stream> write)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write);
        write(stream);
        stream.Flush(flushToDisk: true);
    }

    private static byte[] ReadAll(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataFormatException($"{path}: cannot be read, expected the {ManifestFile} of a checkpoint: {FileFault.Reason(e)}", e);
        }
    }

    private static string Checksum(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string ChecksumOf(string path)
    {
        try
        {
            return Checksum(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataFormatException($"{path}: cannot be read: {FileFault.Reason(e)}", e);
        }
    }

    private static void CheckRange<T>(T value, T least, T most, string name, string path)
        where T : INumber<T>
    {
        if (!(value >= least && value <= most))
        {
            string bound = value > most ? string.Create(CultureInfo.InvariantCulture, $"at most {most}") : string.Create(CultureInfo.InvariantCulture, $"at least {least}");
            throw new InvalidDataFormatException(string.Create(CultureInfo.InvariantCulture, $"{path}: {name} is {value}, expected {bound}"));
        }
    }
}
