using System.Text.Json.Serialization;

namespace Krewe.Runtime;

/// <summary>
/// Serializers of the lines in a run's folder, generated at build time. Reflection would add about 130 compiled methods to a run's start.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(MetricsLine))]
internal sealed partial class RunJson : JsonSerializerContext;
