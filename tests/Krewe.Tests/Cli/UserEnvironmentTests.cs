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
            "krewe: Push-v0: its action space is Box(-1, 1, (2,), float32), but DQN chooses among discrete actions: expected Discrete(n)",
            refused.Error.TrimEnd());
        Assert.False(Directory.Exists(_folder["run"]));
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
        string message = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.Matches($"^krewe: {id}, instance [0-9]+, step 5 of episode 1: ", message);
        Assert.Contains(field, message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);

        CliRun verbose = CliRun.Of([.. args, "--overwrite", "--verbose"]);
        Assert.Contains("   at ", verbose.Error, StringComparison.Ordinal);
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
