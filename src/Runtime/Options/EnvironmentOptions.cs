using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>The environment.</summary>
public sealed class EnvironmentOptions
{
    /// <summary>Its id, for example <c>CartPole-v1</c>.</summary>
    [Option("id of the environment")]
    public string Id { get; set; } = "";

    /// <summary>Its keyword arguments, named as in Gymnasium, for example <c>map_name</c>.</summary>
    [Option("keyword arguments of the environment, for example environment.kwargs.map_name=8x8")]
    public Dictionary<string, JsonElement> Kwargs { get; set; } = [];

    /// <summary>
    /// Whether every observation of an environment of the user's own must lie within the bounds of its box, not only the first 1,000 of each
    /// instance. The environments that come with Krewe are taken as they are, as in Gymnasium.
    /// </summary>
    [Option("check every observation of an environment of your own against the bounds of its box, not only the first 1,000 of each instance")]
    public bool CheckBounds { get; set; }
}
