using Krewe.Environments;
using Krewe.Learner;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>The rollouts that wait for the learner are in the checkpoints of a deterministic run.</summary>
[Collection(nameof(Alone))]
public sealed class ExactResumeOfRolloutsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_run_resumed_from_any_checkpoint_ends_in_the_same_files(int actors)
    {
        LearningAgents.Register(typeof(ExactResumeOfRolloutsTests).Assembly);
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 4_000);
        options.Agent.Kind = "tests_pqn";
        options.Actor.Count = actors;
        options.Evaluation.Interval = 500;
        options.Run.CheckpointInterval = 500;
        ExactResumeTests.EndsTheSame(options, EnvironmentRegistry.CreateDefault, _folder);
    }
}
