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
    /// Whether to check every observation of a user-defined environment against the bounds of its observation space, not only the first 1,000
    /// of each instance. Built-in environments are not checked, as in Gymnasium.
    /// </summary>
    [Option("check the bounds of every observation of a user-defined environment, not only of the first 1,000 of each instance")]
    public bool CheckBounds { get; set; }
}
