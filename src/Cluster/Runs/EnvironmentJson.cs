using System.Text.Json;
using System.Text.Json.Serialization;
using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>An environment's specification as JSON, for places that do not have the environment's assembly.</summary>
internal static class EnvironmentJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },

        // Bounds may be infinite.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Serializes a specification.</summary>
    public static string Write(EnvironmentSpec spec) => JsonSerializer.Serialize(
        new SpecData(spec.Id, SpaceData.From(spec.ObservationSpace), SpaceData.From(spec.ActionSpace), spec.MaxEpisodeSteps, spec.RewardThreshold),
        Options);

    /// <summary>Parses what <see cref="Write"/> wrote.</summary>
    public static EnvironmentSpec Read(string json)
    {
        SpecData data = JsonSerializer.Deserialize<SpecData>(json, Options)!;
        return new EnvironmentSpec(
            data.Id, data.Observations.ToSpace(), data.Actions.ToSpace(), data.MaxEpisodeSteps, data.RewardThreshold);
    }

    private sealed record SpecData(string Id, SpaceData Observations, SpaceData Actions, int? MaxEpisodeSteps, double? RewardThreshold);

    /// <summary>A box has a shape, an element type and one bound for all elements or one for each; a discrete space has the other fields.</summary>
    private sealed record SpaceData(int[]? Shape, ElementType? Type, float[]? Low, float[]? High, int? N, int? Start)
    {
        public static SpaceData From(Space space) => space is BoxSpace box
            ? new SpaceData([.. box.Shape], box.ElementType, Bounds(box.Low), Bounds(box.High), N: null, Start: null)
            : new SpaceData(Shape: null, Type: null, Low: null, High: null, ((DiscreteSpace)space).N, ((DiscreteSpace)space).Start);

        public Space ToSpace()
        {
            if (Shape is null)
            {
                return new DiscreteSpace(N!.Value, Start!.Value);
            }

            int length = Shape.Aggregate(1, (product, dimension) => product * dimension);
            return new BoxSpace([.. Shape], [.. Elements(Low!, length)], [.. Elements(High!, length)], Type!.Value);
        }

        private static float[] Bounds(IReadOnlyList<float> bounds) => bounds.All(bound => bound.Equals(bounds[0])) ? [bounds[0]] : [.. bounds];

        private static IEnumerable<float> Elements(float[] bounds, int length) => bounds.Length == 1 ? Enumerable.Repeat(bounds[0], length) : bounds;
    }
}
