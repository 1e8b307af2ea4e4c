using System.Text.Json;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

/// <summary>Tests environments from a user's assembly, here the test assembly itself.</summary>
[Collection(nameof(Alone))]
public sealed class UserEnvironmentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Assembly => typeof(UserEnvironmentTests).Assembly.Location;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_environment_from_an_assembly_is_trained_and_evaluated()
    {
        CliRun run = CliRun.Ok("train", "TestsWell-v0", "--assembly", Assembly, "--steps", "3000", "--out", _folder["run"], "--json");
        Assert.Equal("TestsWell-v0", run.Json.GetProperty("env").GetString());
        CliRun.Ok("evaluate", _folder["run"], "--assembly", Assembly);
        foreach (string[] command in new string[][] { ["evaluate", _folder["run"]], ["train", "--resume", _folder["run"], "--steps", "9000"] })
        {
            CliRun refused = CliRun.Of(command);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("was trained on TestsWell-v0, which is not built in; pass --assembly DLL", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_environment_with_continuous_actions_is_listed_and_refused_for_training_with_one_line()
    {
        Assert.Contains(CliRun.Ok("envs", "--assembly", Assembly).Lines, line => line.StartsWith("Push-v0 ", StringComparison.Ordinal) && line.Contains("Box(-1, 1, (2,), float32)", StringComparison.Ordinal));

        CliRun refused = CliRun.Of("train", "Push-v0", "--assembly", Assembly, "--out", _folder["run"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Equal(
            "krewe: Push-v0: its action space is Box(-1, 1, (2,), float32), but agent.kind dqn chooses among discrete actions, expected Discrete(n)",
            refused.Error.TrimEnd());
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void An_environment_that_throws_on_grains_ends_the_run_with_its_error_and_what_can_be_done_and_nothing_else()
    {
        string[] args = ["train", "TestsShape-v0", "--assembly", Assembly, "--host", "grains", "--steps", "3000", "--out", _folder["run"]];
        CliRun run = CliRun.Of(args);
        Assert.Equal(1, run.ExitCode);
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Matches("^krewe: actor 0: TestsShape-v0, instance [0-9]+, step 5 of episode 1: Step threw .+\\)$", lines[0]);
        Assert.StartsWith("krewe: the run failed", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", run.Error, StringComparison.Ordinal);
        Assert.Contains("   at ", CliRun.Of([.. args, "--overwrite", "--verbose"]).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TestsNaN-v0", "observation[0] is NaN")]
    [InlineData("TestsShape-v0", "Step threw")]
    [InlineData("TestsBounds-v0", "observation[1] is 2, expected 0 to 1")]
    public void An_environment_that_breaks_its_contract_ends_the_run_with_its_id_the_step_and_the_field(string id, string field)
    {
        string[] args = ["train", id, "--assembly", Assembly, "--steps", "3000", "--out", _folder["run"], "--json"];
        CliRun run = CliRun.Of(args);
        Assert.Equal(1, run.ExitCode);
        string message = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^2];
        Assert.Matches($"^krewe: {id}, instance [0-9]+, step 5 of episode 1: ", message);
        Assert.Contains(field, message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);

        CliRun verbose = CliRun.Of([.. args, "--overwrite", "--verbose"]);
        Assert.Contains("   at ", verbose.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("grains")]
    public void A_failed_run_is_listed_as_failed_says_how_to_resume_and_is_failed_no_more_once_it_is_resumed(string host)
    {
        // Every instance fails in its 100th step.
        string[] more = ["--assembly", Assembly, "--host", host, "--set", "replay.min_size=100"];
        CliRun run = CliRun.Of(["train", "TestsFails-v0", "--steps", "8000", "--out", _folder["run"], .. more]);
        Assert.Equal(1, run.ExitCode);
        string advice = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        string resume = $"krewe train --resume {_folder["run"]}{(host == "process" ? "" : " --host grains")} --assembly {Assembly}";
        Assert.Matches("^krewe: the run failed; its last checkpoint is at [0-9,]+ steps; to resume: ", advice);
        Assert.EndsWith($"; to resume: {resume}", advice, StringComparison.Ordinal);
        JsonElement listed = Listed();
        Assert.Equal("failed", listed.GetProperty("state").GetString());
        Assert.Contains("Step threw TimeZoneNotFoundException: lost", listed.GetProperty("failure").GetString(), StringComparison.Ordinal);

        CliRun.Ok(["train", "--resume", _folder["run"], .. more, "--set", "environment.kwargs.after=1000000"]);
        listed = Listed();
        Assert.Equal(("completed", JsonValueKind.Null), (listed.GetProperty("state").GetString(), listed.GetProperty("failure").ValueKind));

        JsonElement Listed() => Assert.Single(CliRun.Ok("runs", _folder.Path, "--json").Json.EnumerateArray());
    }

    [Fact]
    public void An_environment_whose_constructor_throws_is_listed_with_the_reason_beside_the_others()
    {
        string[] lines = CliRun.Ok("envs", "--assembly", Assembly).Lines;
        Assert.Single(lines, line => line.StartsWith("TestsWell-v0 ", StringComparison.Ordinal) && line.Contains("Discrete(2)", StringComparison.Ordinal));
        Assert.Matches("^TestsUnmakable-v0 +cannot be made: the constructor threw FileNotFoundException: no model$", Assert.Single(lines, line => line.StartsWith("TestsUnmakable-v0", StringComparison.Ordinal)));
        JsonElement listed = CliRun.Ok("envs", "--assembly", Assembly, "--json").Json.EnumerateArray().Single(environment => environment.GetProperty("id").GetString() == "TestsUnmakable-v0");
        Assert.Equal("the constructor threw FileNotFoundException: no model", listed.GetProperty("error").GetString());
    }

    [Fact]
    public void An_assembly_that_cannot_be_used_is_refused_in_one_line()
    {
        File.WriteAllText(_folder["notes.dll"], "mine");
        string contracts = typeof(IEnvironment).Assembly.Location;
        Refused(_folder["missing.dll"], "no such file, expected the path of a .dll");
        Refused(_folder["notes.dll"], "not a .NET assembly, expected the .dll of a class library");
        Refused(contracts, "declares no environment, expected a public class with [Environment(");
        Refused(Assembly, "is already registered by the same assembly, which is given twice", "--assembly", Assembly);

        static void Refused(string path, string expected, params string[] more)
        {
            CliRun run = CliRun.Of(["envs", "--assembly", path, .. more]);
            Assert.Equal((2, ""), (run.ExitCode, run.Output));
            string line = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.StartsWith($"krewe: assembly {path}: ", line, StringComparison.Ordinal);
            Assert.Contains(expected, line, StringComparison.Ordinal);
        }
    }

    [Environment("TestsUnmakable-v0")]
    public sealed class Unmakable : Environment<float>
    {
        public Unmakable()
            : base(new BoxSpace(0, 1, [2]), new DiscreteSpace(2)) => throw new FileNotFoundException("no model");

        public override StepResult Step(int action, Span<float> observation) => Continue();

        protected override void Reset(Span<float> observation) => observation.Clear();
    }

    [Environment("TestsFails-v0", MaxEpisodeSteps = 20)]
    public sealed class Fails(int after = 100) : Environment<float>(new BoxSpace(0, 1, [2]), new DiscreteSpace(2))
    {
        private int _steps;

        public override StepResult Step(int action, Span<float> observation)
        {
            observation.Clear();
            return ++_steps < after ? Continue(reward: 1) : throw new TimeZoneNotFoundException("lost");
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }

    [Environment("TestsWell-v0", MaxEpisodeSteps = 20)]
    public sealed class Well() : Environment<float>(new BoxSpace(0, 1, [2]), new DiscreteSpace(2))
    {
        public override StepResult Step(int action, Span<float> observation)
        {
            observation.Fill(action);
            return Continue(reward: action);
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }

    [Environment("TestsHangs-v0")]
    public sealed class Hangs() : Environment<float>(new BoxSpace(0, 1, [2]), new DiscreteSpace(2))
    {
        public override StepResult Step(int action, Span<float> observation)
        {
            Console.WriteLine("hangs");
            Thread.Sleep(Timeout.Infinite);
            return Continue();
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }

    [Environment("TestsNaN-v0")]
    public sealed class NotANumber() : Environment<float>(new BoxSpace(0, 1, [2]), new DiscreteSpace(2))
    {
        private int _steps;

        public override StepResult Step(int action, Span<float> observation)
        {
            observation.Fill(++_steps == 5 ? float.NaN : 0);
            return Continue(reward: 1);
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }

    [Environment("TestsBounds-v0")]
    public sealed class OutOfBounds() : Environment<float>(new BoxSpace(0, 1, [2]), new DiscreteSpace(2))
    {
        private int _steps;

        public override StepResult Step(int action, Span<float> observation)
        {
            observation.Clear();
            observation[1] = ++_steps == 5 ? 2 : 1;
            return Continue(reward: 1);
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }

    [Environment("TestsShape-v0")]
    public sealed class WrongShape() : Environment<float>(new BoxSpace(0, 1, [2]), new DiscreteSpace(2))
    {
        private int _steps;

        public override StepResult Step(int action, Span<float> observation)
        {
            observation.Clear();
            if (++_steps == 5)
            {
                observation[2] = 1;
            }

            return Continue(reward: 1);
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }
}
