using System.Globalization;
using Krewe.Replay;

namespace Krewe.Cluster;

/// <summary>The file that holds a shard's content between two activations.</summary>
internal sealed class ShardSnapshot
{
    private readonly string _path;

    public ShardSnapshot(SiloSettings settings, string runId, int shard) => _path = Path.Combine(
        settings.DataFolder, runId, "replay", string.Create(CultureInfo.InvariantCulture, $"replay-{shard}.shard"));

    /// <summary>Writes the snapshot atomically.</summary>
    public void Save(PacedShard shard)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        shard.Save(_path);
    }

    /// <summary>Reads the snapshot if it exists.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="keep">Whether to keep the file.</param>
    public bool TryLoad(PacedShard shard, bool keep)
    {
        if (!File.Exists(_path))
        {
            return false;
        }

        try
        {
            shard.Load(_path);
        }
        finally
        {
            if (!keep)
            {
                File.Delete(_path);
            }
        }

        return true;
    }
}
