using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

public sealed class StatusJsonTests
{
    [Fact]
    public void A_status_in_text_says_each_thing_once()
    {
        string text = StatusText.Of(new RunStatus
        {
            RunId = "a",
            State = RunState.Running,
            WaitsFor = "a silo with the role learner",
            EnvironmentId = "CartPole-v1",
            Seed = 0,
            LearnerLostOn = "127.0.0.1:11111@1",
            Figures = new RunFigures
            {
                EnvironmentSteps = 396_300,
                PolicyVersion = -1,
                Epsilon = 0.05,
                MeanReturn = 469.03,
                LastEvaluation = new EvaluationPoint(15, 396_288, 48_942, 434.1, 154.129, 1, 500, 434, 20, IsBest: false, 0.05, 500, 0.01),
            },
        });
        Assert.Equal(
            """
            run a: running, waiting for a silo with the role learner
              CartPole-v1, seed 0, 396,300 / 0 steps, 0 updates, 0 episodes, 0.0 s
              actors 0 / 0
              shards 0 / 0, replay 0 / 0, learner not reporting from 127.0.0.1:11111@1, policy none (lag 0)
              epsilon 0.050, return(100) 469.03, loss 0, last evaluation 434.1 +/- 154.129 at 396,288 steps
            """.ReplaceLineEndings(),
            text);
    }

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
