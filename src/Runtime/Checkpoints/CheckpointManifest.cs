using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>The content of a checkpoint's <c>run.json</c>.</summary>
internal sealed record CheckpointManifest
{
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    // With a duplicate key, two readers could see two different runs.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] Parts = ["format", "krewe_version", "options", "counters", "actor_random", "files"];

    public required int Format { get; init; }

    public required string KreweVersion { get; init; }

    public required JsonObject Options { get; init; }

    public required CounterValues Counters { get; init; }

    public double? EvaluationMean { get; init; }

    public double? BestMean { get; init; }

    public SolvedAt? Solved { get; init; }

    public bool? Complete { get; init; }

    public required IReadOnlyList<RandomStateText> ActorRandom { get; init; }

    /// <summary>Every other file of the checkpoint with its SHA-256, by which an incomplete or damaged checkpoint is detected.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    public static CheckpointManifest From(Checkpoint checkpoint, IReadOnlyDictionary<string, string> files) => new()
    {
        Format = CurrentFormat,
        KreweVersion = checkpoint.KreweVersion,
        Options = OptionBinder.ToJson(checkpoint.Options),
        Counters = new CounterValues(
            checkpoint.EnvironmentSteps, checkpoint.Updates, checkpoint.Episodes, checkpoint.PolicyVersion, checkpoint.WallSeconds),
        EvaluationMean = checkpoint.EvaluationMean,
        BestMean = checkpoint.BestMean,
        Solved = checkpoint.Solved,
        Complete = checkpoint.IsComplete,
        ActorRandom = [.. checkpoint.ActorRandom.Select(RandomStateText.From)],
        Files = files,
    };

    public static CheckpointManifest Parse(byte[] utf8, string path)
    {
        try
        {
            JsonNode root = JsonNode.Parse(utf8, documentOptions: Strict)
                ?? throw new InvalidDataFormatException($"{path}: holds null, expected a checkpoint's manifest");
            if (Array.Find(Parts, part => (root as JsonObject)?[part] is null) is { } missing)
            {
                throw new InvalidDataFormatException($"{path}: not a checkpoint's manifest: it has no '{missing}'");
            }

            CheckpointManifest manifest = root.Deserialize<CheckpointManifest>(Json)!;
            if (manifest.Format != CurrentFormat)
            {
                throw new InvalidDataFormatException($"{path}: format {manifest.Format}, this krewe reads format {CurrentFormat}");
            }

            // The serializer does not check list elements for null.
            return manifest.ActorRandom.All(state => state is not null)
                ? manifest
                : throw new InvalidDataFormatException($"{path}: actor_random holds null, expected the state of a random stream");
        }
        catch (JsonException e)
        {
            // Of the reader, the place where the text ends or breaks; of the serializer, the value that does not fit.
            string fault = e.Path is { Length: > 2 } value ? $"{path}: not a checkpoint's manifest: {value[2..]} has an unexpected value or is incomplete"
                : e.LineNumber is null ? $"{path}: not a checkpoint's manifest: it has a property twice"
                : $"{path}: not a checkpoint's manifest: not valid JSON at line {e.LineNumber + 1}, position {e.BytePositionInLine + 1}";
            throw new InvalidDataFormatException(fault, e);
        }
    }

    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    public sealed record CounterValues(long EnvironmentSteps, long Updates, long Episodes, long PolicyVersion, double WallSeconds);

    /// <summary>A random state with its 128-bit numbers as decimal strings, because most JSON readers would round them.</summary>
    public sealed record RandomStateText(string State, string Increment, bool HasHalf, uint Half)
    {
        public static RandomStateText From(Pcg64State state) => new(
            state.State.ToString(CultureInfo.InvariantCulture), state.Increment.ToString(CultureInfo.InvariantCulture), state.HasHalf, state.Half);

        public Pcg64State ToState(string path) =>
            UInt128.TryParse(State, CultureInfo.InvariantCulture, out UInt128 state) && UInt128.TryParse(Increment, CultureInfo.InvariantCulture, out UInt128 increment)
                ? new Pcg64State(state, increment, HasHalf, Half)
                : throw new InvalidDataFormatException($"{path}: actor_random holds '{State}' and '{Increment}', expected 128-bit whole numbers");
    }
}
