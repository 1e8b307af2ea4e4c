using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

public sealed class StatusJsonTests
{
    [Fact]
    public void A_status_in_json_has_names_formatted_versions_and_seconds()
    {
        long version = PolicyVersions.Of(1, 17_293);
        JsonObject json = StatusJson.Of(new RunStatus
        {
            RunId = "a",
            State = RunState.Stopped,
            EnvironmentId = "CartPole-v1",
            Seed = 0,
            Figures = new RunFigures
            {
                PolicyVersion = version,
                LastUpdate = new TrainResult(float.NaN, 1, 2),
                Replay = new ReplayStatistics(1, 2, 3, 4, 5, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2.25), 8, 9),
            },
            ActingVersions = new Dictionary<string, long> { ["silo"] = version },
        });
        JsonElement read = JsonDocument.Parse(json.ToJsonString(CommonOptions.Json)).RootElement;
        JsonElement figures = read.GetProperty("figures");
        Assert.Equal("stopped", read.GetProperty("state").GetString());
        Assert.Equal("1:17293", figures.GetProperty("policy_version").GetString());
        Assert.Equal("1:17293", read.GetProperty("acting_versions").GetProperty("silo").GetString());
        JsonElement replay = figures.GetProperty("replay");
        Assert.Equal((1.5, 2.25), (replay.GetProperty("append_wait_s").GetDouble(), replay.GetProperty("sample_wait_s").GetDouble()));
        Assert.False(replay.TryGetProperty("append_wait", out _));
    }
}
