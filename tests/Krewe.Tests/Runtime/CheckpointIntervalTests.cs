using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class CheckpointIntervalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(500, true)]
    [InlineData(1_000_000, false)]
    public async Task Checkpoints_are_written_at_their_own_interval_independently_of_evaluations(long interval, bool expected)
    {
        // Reads the folder from inside a step, during training: this is what a killed run would leave.
        RunFolder folder = RunFolder.Create(_folder["run"]);
        TrainingOptions options = Sessions.Small("Watched-v0", steps: 4_000);
        options.Evaluation.Interval = 1_000_000;
        options.Run.CheckpointInterval = interval;
        long found = -1;
        using var session = new TrainingSession(
            options,
            Sessions.With("Watched-v0", step =>
            {
                if (step == 3_000 && Directory.Exists(folder.Last))
                {
                    found = CheckpointFolder.Read(folder.Last).EnvironmentSteps;
                }

                return new StepResult(1, false, false);
            }),
            folder);
        await Sessions.Start(session);
        Assert.Equal(expected, found > 0);
        if (expected)
        {
            Assert.InRange(found, 2_000, 3_000);
        }
    }

    [Fact]
    public async Task A_last_checkpoint_that_cannot_be_written_does_not_hide_the_failure_of_the_run()
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var session = new TrainingSession(
            Sessions.Small("Breaking-v0"),
            Sessions.With("Breaking-v0", step =>
            {
                if (step < 2_000)
                {
                    return new StepResult(1, false, false);
                }

                // A file in place of the checkpoint's folder: writing it fails from now on.
                if (step == 2_000)
                {
                    File.WriteAllText(folder.Last + ".writing", "in the way");
                }

                return new StepResult(double.NaN, false, false);
            }),
            folder);
        await Assert.ThrowsAsync<EnvironmentFaultException>(() => Sessions.Start(session));
        Assert.False(Directory.Exists(folder.Last), "the control failed: the checkpoint was written");
    }
}
