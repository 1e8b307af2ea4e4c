using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public class LockStepRunTests
{
    [Fact]
    public void Actors_take_turns_and_each_rollout_is_pushed_before_the_next_is_collected()
    {
        using var run = new LearningRun();
        AlwaysLimited(run);
        List<string> log = [];
        LockStepRun.Run(
            [new Scripted("a", rollouts: 2, log), new Scripted("b", rollouts: 1, log)], () => log.Add("complete"), run.Learner, run.Record, run.Stop);
        Assert.Equal(["a collects", "a pushes", "b collects", "b pushes", "a collects", "a pushes", "complete"], log);
    }

    [Fact]
    public void A_rate_limited_actor_pushes_again_after_an_update()
    {
        using var run = new LearningRun();
        run.Replay.Answers.Enqueue(SampleStatus.Sampled);
        AlwaysLimited(run);
        List<string> log = [];
        LockStepRun.Run([new Scripted("a", rollouts: 1, log) { Limited = 1 }], () => log.Add("complete"), run.Learner, run.Record, run.Stop);
        Assert.Equal(["a collects", "a is limited", "a pushes", "complete"], log);
        Assert.Equal(1, run.Counters.Updates);
    }

    [Fact]
    public void A_replay_that_blocks_both_sides_is_an_error_instead_of_a_hang()
    {
        using var run = new LearningRun();
        AlwaysLimited(run);
        Assert.Throws<UnreachableException>(
            () => LockStepRun.Run([new Scripted("a", rollouts: 1, []) { Limited = 1 }], () => { }, run.Learner, run.Record, run.Stop));
    }

    private static void AlwaysLimited(LearningRun run)
    {
        for (int i = 0; i < 10; i++)
        {
            run.Replay.Answers.Enqueue(SampleStatus.RateLimited);
        }
    }

    private sealed class Scripted(string name, int rollouts, List<string> log) : ILockStepActor
    {
        private int _rollouts = rollouts;

        public int Limited { get; set; }

        public bool Collect()
        {
            if (_rollouts-- <= 0)
            {
                return false;
            }

            log.Add($"{name} collects");
            return true;
        }

        public AppendStatus Push(TimeSpan timeout, CancellationToken cancellationToken)
        {
            bool limited = Limited-- > 0;
            log.Add(limited ? $"{name} is limited" : $"{name} pushes");
            return limited ? AppendStatus.RateLimited : AppendStatus.Stored;
        }
    }
}
