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
    public void Due_work_runs_in_the_background_and_the_learner_waits_while_more_is_due_than_one_item_beside_it()
    {
        using var run = new LearningRun(change: options => (options.Run.CheckpointInterval, options.Evaluation.Interval) = (10, 10));
        using var busy = new ManualResetEventSlim();
        List<DueWork> done = [];
        using (var background = new BackgroundWorker<DueWork>("test", due =>
        {
            busy.Wait();
            done.Add(due);
        }))
        {
            LearnerWork.Run(run.Learner, run.Record, background, run.Stop, () =>
            {
                if (run.Record.IsDue)
                {
                    // The learner waits for the worker.
                    busy.Set();
                    run.Replay.Answers.Enqueue(SampleStatus.Closed);
                }
                else if (!busy.IsSet)
                {
                    run.Counters.AddEnvironmentSteps(10);
                }
            });
        }

        Assert.InRange(done.Count, 2, 3);
        Assert.All(done, due => Assert.True(due.Save && due.Evaluate));
        Assert.Equal(Enumerable.Range(1, done.Count).Select(i => 10L * i), done.Select(due => due.Captured.EnvironmentSteps));
        Assert.Equal(0, run.Record.Evaluations.Skipped);
    }

    [Fact]
    public void A_learner_that_waits_for_the_worker_ends_when_the_run_stops()
    {
        using var run = new LearningRun(change: options => options.Evaluation.Interval = 10);
        using var busy = new ManualResetEventSlim();
        using var background = new BackgroundWorker<DueWork>("test", _ => busy.Wait());
        Assert.ThrowsAny<OperationCanceledException>(() => LearnerWork.Run(run.Learner, run.Record, background, run.Stop, () =>
        {
            if (run.Record.IsDue)
            {
                run.Stop.Request();
            }

            run.Counters.AddEnvironmentSteps(10);
        }));
        busy.Set();
    }

    private static void Script(LearningRun run, params SampleStatus[] answers)
    {
        foreach (SampleStatus answer in answers)
        {
            run.Replay.Answers.Enqueue(answer);
        }
    }
}
