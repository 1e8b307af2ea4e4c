using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public class LearnerWorkTests
{
    [Fact]
    public void A_learner_learns_until_replay_is_closed()
    {
        using var run = new LearningRun();
        Script(run, SampleStatus.Sampled, SampleStatus.RateLimited, SampleStatus.Sampled, SampleStatus.Closed);
        using var background = new BackgroundWorker<DueWork>("test", _ => { });
        LearnerWork.Run(run.Learner, run.Record, background, run.Stop);
        Assert.Equal(2, run.Counters.Updates);
    }

    [Fact]
    public void The_hook_is_called_before_each_update_and_no_update_runs_during_it()
    {
        using var run = new LearningRun();
        Script(run, SampleStatus.Sampled, SampleStatus.Sampled, SampleStatus.Closed);
        using var background = new BackgroundWorker<DueWork>("test", _ => { });
        List<long> updates = [];
        LearnerWork.Run(run.Learner, run.Record, background, run.Stop, () => updates.Add(run.Counters.Updates));
        Assert.Equal([0, 1, 2], updates);
    }

    [Fact]
    public void A_run_that_is_stopped_in_the_hook_does_no_further_update()
    {
        using var run = new LearningRun();
        using var background = new BackgroundWorker<DueWork>("test", _ => { });
        run.Stop.Guard(() => LearnerWork.Run(run.Learner, run.Record, background, run.Stop, () =>
        {
            if (run.Counters.Updates == 3)
            {
                run.Stop.Request();
            }
        }));
        Assert.Equal(3, run.Counters.Updates);
        Assert.Null(run.Stop.Failure);
    }

    [Fact]
    public void Due_work_runs_in_the_background_and_a_checkpoint_that_was_put_off_is_due_again()
    {
        using var run = new LearningRun(change: options => options.Run.CheckpointInterval = 10);
        using var busy = new ManualResetEventSlim();
        using var taken = new SemaphoreSlim(0);
        List<DueWork> done = [];
        using (var background = new BackgroundWorker<DueWork>("test", due =>
        {
            taken.Release();
            busy.Wait();
            done.Add(due);
        }))
        {
            // 10 steps per update: one work item runs, one is queued, and the third is put off until the worker is free. It must then not
            // wait for the next interval.
            int updates = 0;
            LearnerWork.Run(run.Learner, run.Record, background, run.Stop, () =>
            {
                run.Counters.AddEnvironmentSteps(++updates < 4 ? 10 : 1);
                switch (updates)
                {
                    case 2:
                        taken.Wait();
                        break;
                    case 4:
                        busy.Set();
                        taken.Wait();
                        break;
                    case 5:
                        run.Replay.Answers.Enqueue(SampleStatus.Closed);
                        break;
                }
            });
        }

        Assert.All(done, due => Assert.True(due.Save));
        Assert.Equal([10, 20, 31], done.Select(due => due.Captured.EnvironmentSteps));
    }

    private static void Script(LearningRun run, params SampleStatus[] answers)
    {
        foreach (SampleStatus answer in answers)
        {
            run.Replay.Answers.Enqueue(answer);
        }
    }
}
