using System.Text.Json;

namespace Krewe.Tests;

/// <summary>Keyword arguments written as JSON.</summary>
internal static class Arguments
{
    public static Dictionary<string, JsonElement> Parse(string json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;
}
