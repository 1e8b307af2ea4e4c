using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Saves and loads a whole replay: one file per shard, <c>replay-INDEX.shard</c>, and <c>replay.json</c> with the counters and the random
/// state. The caller must prevent concurrent appends. Supports only shards in this process: a remote shard is saved where it is hosted.
/// </summary>
public static class ShardedReplayFolder
{
    /// <summary>The file that every saved replay has.</summary>
    public const string StateFile = "replay.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = true,
    };

    /// <summary>Returns the names of the files that <see cref="Save"/> writes.</summary>
    /// <param name="replay">The replay.</param>
    public static IReadOnlyList<string> FileNames(ShardedReplay replay) =>
        [StateFile, .. replay.Shards.Select(shard => ShardFile(shard.Index))];

    /// <summary>Writes the files.</summary>
    /// <param name="replay">The replay.</param>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="InvalidOperationException">A shard is not in this process.</exception>
    /// <exception cref="IOException">A file could not be written.</exception>
    public static void Save(ShardedReplay replay, string folder)
    {
        foreach (ReplayShard shard in Local(replay))
        {
            shard.Save(Path.Combine(folder, ShardFile(shard.Index)));
        }

        ShardedReplayState state = replay.State;
        using var file = new FileStream(Path.Combine(folder, StateFile), FileMode.Create, FileAccess.Write);
        JsonSerializer.Serialize(
            file,
            new SavedState(
                replay.Shards.Count,
                state.Counters,
                state.Random.State.ToString(CultureInfo.InvariantCulture),
                state.Random.Increment.ToString(CultureInfo.InvariantCulture),
                state.Random.HasHalf,
                state.Random.Half)
            {
                Assigned = state.Assigned,
            },
            Json);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Replaces the content of a replay with a saved one.</summary>
    /// <param name="replay">The replay, which must have as many shards as the saved one.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidOperationException">A shard is not in this process.</exception>
    /// <exception cref="InvalidOptionException">The saved replay has another number of shards.</exception>
    /// <exception cref="InvalidDataFormatException">A file is missing or damaged, or the saved replay has another spec.</exception>
    public static void Load(ShardedReplay replay, string folder)
    {
        string path = Path.Combine(folder, StateFile);
        try
        {
            SavedState saved = JsonSerializer.Deserialize<SavedState>(File.ReadAllBytes(path), Json)
                ?? throw new InvalidDataFormatException($"{path}: holds null, expected the state of a replay");
            if (saved.Shards != replay.Shards.Count)
            {
                throw new InvalidOptionException(
                    $"replay.shards is {replay.Shards.Count}, but the saved replay ({path}) has {saved.Shards} shards: expected the same number");
            }

            foreach (ReplayShard shard in Local(replay))
            {
                shard.Load(Path.Combine(folder, ShardFile(shard.Index)));
            }

            var random = new Pcg64State(
                UInt128.Parse(saved.RandomState, CultureInfo.InvariantCulture),
                UInt128.Parse(saved.RandomIncrement, CultureInfo.InvariantCulture),
                saved.RandomHasHalf,
                saved.RandomHalf);
            if (saved.Assigned.Count > 0 && saved.Assigned.Count != saved.Shards)
            {
                throw new InvalidDataFormatException($"{path}: damaged, its assignments are those of {saved.Assigned.Count} shards, expected {saved.Shards}");
            }

            replay.State = new ShardedReplayState(saved.Counters, random, saved.Assigned);
        }
        catch (JsonException e)
        {
            throw new InvalidDataFormatException($"{JsonPlace.In(path, e)}: damaged, expected the state of a saved replay", e);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new InvalidDataFormatException($"{path}: damaged, its random state is not a number of 128 bits", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataFormatException($"{path}: the saved replay cannot be read: {FileFault.Reason(e)}", e);
        }
    }

    /// <summary>Returns all shards, or throws before any of them is touched.</summary>
    private static ReplayShard[] Local(ShardedReplay replay) =>
    [
        .. replay.Shards.Select(shard => shard as ReplayShard ?? throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"shard {shard.Index} of {replay.Shards.Count} is a {shard.GetType().Name}: only shards in this process can be saved to or loaded from a folder"))),
    ];

    private static string ShardFile(int index) => string.Create(CultureInfo.InvariantCulture, $"replay-{index}.shard");

    /// <summary>128-bit numbers are stored as decimal text, because most JSON readers lose precision on them as numbers.</summary>
    private sealed record SavedState(
        int Shards,
        PacerState Counters,
        string RandomState,
        string RandomIncrement,
        bool RandomHasHalf,
        uint RandomHalf)
    {
        /// <summary>Missing in files of earlier versions.</summary>
        public IReadOnlyList<long> Assigned { get; init; } = [];
    }
}
