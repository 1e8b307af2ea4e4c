using System.Text.RegularExpressions;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>A deterministic run that is resumed from any of its checkpoints ends as if it had never been interrupted.</summary>
public sealed partial class ExactResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, int, int, double> Runs() => new()
    {
        { "CartPole-v1", "dqn", 1, 1, 0 },
        { "CartPole-v1", "c51", 2, 2, 0 },
        { "CartPole-v1", "double_dqn", 2, 1, 0.6 },
        { "MountainCar-v0", "dqn", 1, 1, 0 },
        { "Acrobot-v1", "dqn", 1, 1, 0 },
        { "FrozenLake-v1", "q_learning", 2, 1, 0 },
        { "FrozenLake-v1", "dqn", 1, 3, 0.6 },
        { "Taxi-v4", "q_learning", 1, 1, 0 },
        { "Walk-v0", "dqn", 2, 1, 0 },
        { "Forgetful-v0", "dqn", 2, 2, 0 },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_resumed_from_any_checkpoint_ends_in_the_same_files(string environment, string agent, int actors, int shards, double priorityExponent)
    {
        TrainingOptions options = Sessions.Small(environment, steps: 4_000);
        options.Agent.Kind = agent;
        options.Actor.Count = actors;
        options.Replay.Shards = shards;
        options.Replay.PriorityExponent = priorityExponent;
        options.Evaluation.Interval = 500;
        options.Run.CheckpointInterval = 500;
        if (environment == "Taxi-v4")
        {
            options.Environment.Kwargs = new Dictionary<string, System.Text.Json.JsonElement>
            {
                ["fickle_passenger"] = System.Text.Json.JsonDocument.Parse("true").RootElement,
                ["is_rainy"] = System.Text.Json.JsonDocument.Parse("true").RootElement,
            };
        }

        EndsTheSame(options, () => Registry(), _folder);
    }

    /// <summary>Resumes a run from each of its checkpoints and compares the ends.</summary>
    internal static void EndsTheSame(TrainingOptions options, Func<EnvironmentRegistry> registry, TemporaryFolder parent)
    {
        using RunFolder folder = RunFolder.Create(parent["whole"]);
        List<string> killed = [];
        using (var session = new TrainingSession(options, registry(), folder))
        {
            session.Evaluated += _ =>
            {
                if (Directory.Exists(folder.Last))
                {
                    killed.Add(parent[$"killed{killed.Count}"]);
                    Copy(folder.Path, killed[^1]);
                }
            };
            session.Run();
        }

        Assert.InRange(killed.Count, 5, 20);
        Dictionary<string, string> expected = Content(folder.Path);
        foreach (string path in killed)
        {
            using RunFolder again = RunFolder.Open(path);
            (Checkpoint checkpoint, string from) = CheckpointFolder.ReadOrPrevious(again.Last, warn: null);
            using var session = new TrainingSession(checkpoint.Options, registry(), again, checkpoint, from);
            session.Run();
            Assert.Equal(expected["curve"], Content(path)["curve"]);
            Assert.Equal(expected, Content(path));
        }
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(1_237, 1)]
    [InlineData(1_601, 2)]
    [InlineData(3_333, 2)]
    [InlineData(5_050, 1)]
    public void A_run_that_is_interrupted_ends_in_the_same_files_once_it_is_resumed(int step, int actors)
    {
        TrainingOptions options = Sessions.Small("Walk-v0", steps: 4_000);
        options.Actor.Count = actors;
        options.Evaluation.Interval = 500;
        using RunFolder whole = RunFolder.Create(_folder["whole"]);
        using (var session = new TrainingSession(options, Registry(), whole))
        {
            session.Run();
        }

        // In training or in an evaluation, which take steps of the same environment.
        using RunFolder folder = RunFolder.Create(_folder["interrupted"]);
        using var interrupt = new CancellationTokenSource();
        int left = step;
        using (var session = new TrainingSession(options, Registry(() =>
        {
            if (--left == 0)
            {
                interrupt.Cancel();
            }
        }), folder))
        {
            Assert.True(session.Run(interrupt.Token).Interrupted);
        }

        Checkpoint last = CheckpointFolder.Read(folder.Last);
        Assert.InRange(last.EnvironmentSteps, 0, 3_999);
        using (var session = new TrainingSession(last.Options, Registry(), folder, last, folder.Last))
        {
            session.Run();
        }

        Assert.Equal(Content(whole.Path), Content(folder.Path));
    }

    [Fact]
    public void A_run_that_is_killed_between_its_best_and_its_last_checkpoint_is_still_ended_when_it_is_solved()
    {
        EnvironmentRegistry registry = Sessions.With("Easy-v0", _ => new StepResult(1, false, false), threshold: 10);
        TrainingOptions options = Sessions.Small("Easy-v0", steps: 20_000);
        options.Evaluation.Interval = 900;
        options.Run.CheckpointInterval = 800;
        options.Run.UntilSolved = true;
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using (var session = new TrainingSession(options, registry, folder))
        {
            session.Evaluated += _ => Copy(folder.Path, _folder["killed"]);
            session.Run();
        }

        // best has solved the run, last has not: it is solved again.
        using RunFolder killed = RunFolder.Open(_folder["killed"]);
        Checkpoint last = CheckpointFolder.Read(killed.Last);
        Assert.Null(last.Solved);
        using var resumed = new TrainingSession(last.Options, registry, killed, last, killed.Last);
        resumed.Run();
        Assert.Equal(CheckpointFolder.Read(folder.Last).EnvironmentSteps, CheckpointFolder.Read(killed.Last).EnvironmentSteps);
    }

    [Fact]
    public void With_other_environments_the_episodes_start_anew_with_a_warning()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 1_000);
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using (var session = new TrainingSession(options, folder: folder))
        {
            session.Run();
        }

        Checkpoint last = CheckpointFolder.Read(folder.Last);
        last.Options.Run.Steps = 2_000;
        last.Options.Actor.Environments *= 2;
        using var resumed = new TrainingSession(last.Options, folder: folder, resume: last, resumeFrom: folder.Last);
        List<string> warnings = [];
        resumed.Warned += warnings.Add;
        Assert.InRange(resumed.Run().EnvironmentSteps, 2_000, 2_100);
        Assert.Contains(warnings, warning => warning.Contains("all episodes start anew", StringComparison.Ordinal));
    }

    [Fact]
    public void An_environment_that_cannot_read_its_state_ends_the_run_but_the_network_is_saved()
    {
        TrainingOptions options = Sessions.Small("Secretive-v0", steps: 4_000);
        options.Run.CheckpointInterval = 1_000;
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using (var session = new TrainingSession(options, Registry(), folder))
        {
            var e = Assert.Throws<EnvironmentFaultException>(() => session.Run());
            Assert.Contains("Secretive: GetState threw NotSupportedException: it stays here", e.Message, StringComparison.Ordinal);
        }

        Checkpoint last = CheckpointFolder.Read(folder.Last);
        Assert.InRange(last.EnvironmentSteps, 1_000, 1_100);
        Assert.Empty(last.Files);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(60)]
    [InlineData(-3)]
    public void Damaged_actors_are_refused(int length)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 1_000);
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using (var session = new TrainingSession(options, folder: folder))
        {
            session.Run();
        }

        Checkpoint last = CheckpointFolder.Read(folder.Last);
        string file = Path.Combine(folder.Last, "actors.state");
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, length < 0 ? bytes[..^-length] : bytes[..length]);
        var e = Assert.Throws<InvalidDataFormatException>(() => new TrainingSession(last.Options, folder: folder, resume: last, resumeFrom: folder.Last));
        Assert.Contains("actors.state", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_learning_curve_of_a_resumed_run_has_each_point_once()
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        static string Point(int steps, int updates) => FormattableString.Invariant($"{{\"environment_steps\":{steps},\"updates\":{updates}}}");
        File.WriteAllText(folder.Evaluations, $"{Point(100, 1)}\n{Point(200, 2)}\n{Point(200, 3)}\n{Point(300, 4)}\n{{\"environment_st");
        folder.RewindEvaluations(200, 2);
        Assert.Equal([Point(100, 1), Point(200, 2)], File.ReadAllLines(folder.Evaluations));

        // Without its end of line the next point would be on the same line.
        File.WriteAllText(folder.Evaluations, Point(100, 1));
        folder.RewindEvaluations(200, 2);
        Assert.Equal(Point(100, 1) + "\n", File.ReadAllText(folder.Evaluations));
    }

    private static EnvironmentRegistry Registry(Action? step = null)
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        registry.Register(new EnvironmentRegistration { Id = "Walk-v0", Create = _ => new Walk { Stepped = step }, MaxEpisodeSteps = 40 });
        registry.Register(new EnvironmentRegistration { Id = "Forgetful-v0", Create = _ => new Forgetful(), MaxEpisodeSteps = 40 });
        registry.Register(new EnvironmentRegistration { Id = "Secretive-v0", Create = _ => new Secretive(), MaxEpisodeSteps = 40 });
        return registry;
    }

    /// <summary>Every file of both checkpoints, and the learning curve without what differs.</summary>
    private static Dictionary<string, string> Content(string run)
    {
        Dictionary<string, string> files = new[] { "last", "best" }
            .SelectMany(name => Directory.GetFiles(Path.Combine(run, name)))
            .ToDictionary(file => Path.GetRelativePath(run, file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
        files.Add("curve", Repeated().Replace(File.ReadAllText(Path.Combine(run, "evaluations.jsonl")), ""));
        return files;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(from, file);
            if (!relative.StartsWith("run.", StringComparison.Ordinal))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, relative))!);
                File.Copy(file, Path.Combine(to, relative));
            }
        }
    }

    // An evaluation that is repeated is not better than the network which the folder has of it already, and a resumed run does not know the loss
    // of an update before it.
    [GeneratedRegex("\"(seconds|is_best|loss)\":[^,}]*")]
    private static partial Regex Repeated();

    /// <summary>A random walk to a goal, which can be saved.</summary>
    private class Forgetful() : Environment<float>(new BoxSpace(-100, 100, [1]), new DiscreteSpace(2))
    {
        public Action? Stepped { get; init; }

        protected double Place { get; set; }

        public override StepResult Step(int action, Span<float> observation)
        {
            Stepped?.Invoke();
            Place += action - 0.5 + Random.NextUniform(-0.2, 0.2);
            observation[0] = (float)Place;
            return Math.Abs(Place) > 5 ? Terminate(Place > 0 ? 1 : -1) : Continue(-0.01);
        }

        protected override void Reset(Span<float> observation)
        {
            Place = Random.NextUniform(-2, 2);
            observation[0] = (float)Place;
        }
    }

    private sealed class Secretive : Forgetful, IStatefulEnvironment
    {
        public int StateLength => 1;

        public void GetState(Span<double> state) => throw new NotSupportedException("it stays here");

        public void SetState(ReadOnlySpan<double> state)
        {
        }
    }

    private sealed class Walk : Forgetful, IStatefulEnvironment
    {
        public int StateLength => 1;

        public void GetState(Span<double> state) => state[0] = Place;

        public void SetState(ReadOnlySpan<double> state) => Place = state[0];
    }
}
