using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>
/// Writes and reads checkpoint folders: <c>weights.safetensors</c>, <c>run.json</c> and, when asked, the content of replay.
/// </summary>
/// <remarks>
/// A checkpoint is written beside its place, flushed, and renamed into it; the manifest with the checksums of all other files is
/// written last. The checkpoint that stood there before is kept as <c>NAME.previous</c>, so that there is a whole one at any moment.
/// </remarks>
public static class CheckpointFolder
{
    /// <summary>Name of the file of weights.</summary>
    public const string WeightsFile = "weights.safetensors";

    /// <summary>Name of the manifest.</summary>
    public const string ManifestFile = "run.json";

    private const string WritingSuffix = ".writing";
    private const string PreviousSuffix = ".previous";

    /// <summary>Writes a checkpoint. One writer a folder.</summary>
    /// <param name="path">The folder; replaced when it exists.</param>
    /// <param name="checkpoint">What to write.</param>
    /// <param name="writeReplay">Writes the files named in <see cref="Checkpoint.ReplayFiles"/> into the folder that it is given; null for none.</param>
    /// <exception cref="KreweException">The disk is full, or the folder cannot be written: the checkpoint before still stands.</exception>
    public static void Write(string path, Checkpoint checkpoint, Action<string>? writeReplay = null)
    {
        string writing = path + WritingSuffix;
        try
        {
            DeleteFolder(writing);
            Directory.CreateDirectory(writing);
            WriteFlushed(
                Path.Combine(writing, WeightsFile), stream => SafetensorsWriter.Write(stream, NetworkStateFile.FromState(checkpoint.Network)));
            writeReplay?.Invoke(writing);
            Dictionary<string, string> checksums = [];
            foreach (string file in checkpoint.ReplayFiles.Prepend(WeightsFile))
            {
                checksums[file] = Checksum(Path.Combine(writing, file));
            }

            WriteFlushed(Path.Combine(writing, ManifestFile), stream => stream.Write(CheckpointManifest.From(checkpoint, checksums).ToUtf8()));
            Replace(writing, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KreweException($"checkpoint {path} could not be written: {e.Message}; the one before it still stands", e);
        }
    }

    /// <summary>Reads a checkpoint and checks it whole.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="InvalidDataFormatException">It is no checkpoint, damaged, torn, or of another format; says which file and why.</exception>
    public static Checkpoint Read(string path)
    {
        string manifestPath = Path.Combine(path, ManifestFile);
        CheckpointManifest manifest = CheckpointManifest.Parse(ReadAll(manifestPath), manifestPath);
        foreach ((string file, string checksum) in manifest.Files)
        {
            // The manifest is input too: it may not lead out of its folder.
            string filePath = Path.GetFileName(file) == file
                ? Path.Combine(path, file)
                : throw new InvalidDataFormatException($"{manifestPath}: names the file '{file}', expected one beside it");
            string found = ChecksumOf(filePath);
            if (!found.Equals(checksum, StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidDataFormatException($"{filePath}: damaged: its SHA-256 is {found}, {ManifestFile} says {checksum}");
            }
        }

        if (!manifest.Files.ContainsKey(WeightsFile))
        {
            throw new InvalidDataFormatException($"{manifestPath}: names no {WeightsFile}");
        }

        TrainingOptions options;
        try
        {
            options = new OptionBinder().Apply(manifest.Options, manifestPath).Bind();
        }
        catch (InvalidOptionException e)
        {
            throw new InvalidDataFormatException(e.Message, e);
        }

        string weights = Path.Combine(path, WeightsFile);
        return new Checkpoint
        {
            Network = NetworkStateFile.ToState(SafetensorsReader.Read(weights), weights),
            Options = options,
            EnvironmentSteps = NotNegative(manifest.Counters.EnvironmentSteps, "environment_steps", manifestPath),
            Updates = NotNegative(manifest.Counters.Updates, "updates", manifestPath),
            Episodes = NotNegative(manifest.Counters.Episodes, "episodes", manifestPath),
            PolicyVersion = manifest.Counters.PolicyVersion,
            WallSeconds = manifest.Counters.WallSeconds,
            EvaluationMean = manifest.EvaluationMean,
            BestMean = manifest.BestMean,
            Solved = manifest.Solved,
            ActorRandom = [.. manifest.ActorRandom.Select(state => state.ToState(manifestPath))],
            KreweVersion = manifest.KreweVersion,
            ReplayFiles = [.. manifest.Files.Keys.Where(file => file != WeightsFile).Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>Reads a checkpoint, or the one before it when it is damaged.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="warn">Receives the reason why the newest was refused, for the user.</param>
    /// <returns>The checkpoint and the folder that it came from.</returns>
    /// <exception cref="InvalidDataFormatException">There is no whole one; names what is wrong with the newest.</exception>
    public static (Checkpoint Checkpoint, string Path) ReadOrPrevious(string path, Action<string> warn)
    {
        try
        {
            return (Read(path), path);
        }
        catch (InvalidDataFormatException e) when (Directory.Exists(path + PreviousSuffix))
        {
            Checkpoint previous = Read(path + PreviousSuffix);
            warn($"{e.Message}; going on from the checkpoint before it, {path + PreviousSuffix}");
            return (previous, path + PreviousSuffix);
        }
    }

    private static void Replace(string writing, string path)
    {
        string previous = path + PreviousSuffix;
        if (Directory.Exists(path))
        {
            DeleteFolder(previous);
            Directory.Move(path, previous);
        }

        Directory.Move(writing, path);
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
            throw new InvalidDataFormatException($"{path}: cannot be read, expected the {ManifestFile} of a checkpoint: {e.Message}", e);
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
            throw new InvalidDataFormatException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static long NotNegative(long value, string name, string path) =>
        value >= 0 ? value : throw new InvalidDataFormatException($"{path}: counters.{name} is {value}, expected at least 0");
}
