using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cli;

/// <summary>A run's status as JSON: names for states, <c>1:17293</c> for policy versions, seconds for durations.</summary>
internal static class StatusJson
{
    private static readonly JsonSerializerOptions Options = new(CommonOptions.Json)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new Seconds() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Creates the object.</summary>
    public static JsonObject Of(RunStatus status)
    {
        JsonObject json = JsonSerializer.SerializeToNode(status, Options)!.AsObject();
        JsonObject figures = json["figures"]!.AsObject();
        figures["policy_version"] = PolicyVersions.Describe(status.Figures.PolicyVersion);
        JsonObject replay = figures["replay"]!.AsObject();
        Rename(replay, "append_wait", "append_wait_s");
        Rename(replay, "sample_wait", "sample_wait_s");
        json["acting_versions"] = new JsonObject(status.ActingVersions.Select(
            pair => KeyValuePair.Create(pair.Key, (JsonNode?)PolicyVersions.Describe(pair.Value))));
        return json;
    }

    private static void Rename(JsonObject json, string before, string after)
    {
        JsonNode? value = json[before];
        json.Remove(before);
        json[after] = value;
    }

    private sealed class Seconds : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(value.TotalSeconds);
    }
}
