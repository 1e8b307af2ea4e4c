using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>The checkpoint that a run is resumed from, and the best network of the earlier run.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Path">Its folder.</param>
/// <param name="Best">The checkpoint with the best evaluation; null when there is none.</param>
internal sealed record ResumeSource(Checkpoint Checkpoint, string Path, Checkpoint? Best)
{
    /// <summary>Finds the checkpoint.</summary>
    /// <param name="source">The id of a run in the data folder, or the folder of a run or checkpoint.</param>
    /// <param name="dataFolder">The folder of the runs' folders.</param>
    /// <param name="warn">Called with a warning when a checkpoint is damaged and the previous one is used.</param>
    /// <exception cref="KreweException">There is no checkpoint, or it is damaged.</exception>
    public static ResumeSource Find(string source, string dataFolder, Action<string> warn)
    {
        string run = System.IO.Path.Combine(dataFolder, source);
        string folder = RunIds.IsValid(source) && Directory.Exists(run) ? run : source;
        if (Read(System.IO.Path.Combine(folder, "last"), warn) is var (checkpoint, path))
        {
            Checkpoint? best = CheckpointFolder.TryRead(System.IO.Path.Combine(folder, "best"), warn);

            // Without the network of the best evaluation, any later network may become the best.
            return new ResumeSource(best is null ? checkpoint with { BestMean = null } : checkpoint, path, best);
        }

        return File.Exists(System.IO.Path.Combine(folder, CheckpointFolder.ManifestFile))
            ? new ResumeSource(CheckpointFolder.Read(folder) with { BestMean = null }, folder, Best: null)
            : throw new InvalidOptionException(
                $"--resume {source}: no run with this id and a checkpoint in {dataFolder}, and no folder of a run or checkpoint with this name on {System.Environment.MachineName}");
    }

    /// <summary>Reads the newest undamaged checkpoint of a folder.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="warn">Called with a warning when it is damaged and the previous one is used.</param>
    /// <returns>The checkpoint and its path; null when there is none.</returns>
    /// <exception cref="KreweException">It is damaged, and there is no previous one.</exception>
    public static (Checkpoint Checkpoint, string Path)? Read(string folder, Action<string> warn) =>
        CheckpointFolder.Exists(folder) ? CheckpointFolder.ReadOrPrevious(folder, warn) : null;
}
