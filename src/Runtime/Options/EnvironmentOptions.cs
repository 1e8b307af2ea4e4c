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
}
