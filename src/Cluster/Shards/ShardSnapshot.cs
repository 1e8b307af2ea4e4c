using System.Globalization;
using Krewe.Replay;

namespace Krewe.Cluster;

/// <summary>The file that a shard's content is kept in between two of its lives.</summary>
internal sealed class ShardSnapshot
{
    private readonly string _path;

    public ShardSnapshot(SiloSettings settings, string runId, int shard) => _path = Path.Combine(
        settings.DataFolder, runId, "replay", string.Create(CultureInfo.InvariantCulture, $"replay-{shard}.shard"));

    /// <summary>Writes it, whole or not at all.</summary>
    public void Save(PacedShard shard)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        shard.Save(_path);
    }

    /// <summary>Reads it if it is there.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="keep">Whether the file stays.</param>
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
