using System.Collections.Concurrent;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

public class TrainingClockTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Time_counts_only_while_the_run_trains_and_adds_to_that_of_earlier_parts()
    {
        var clock = new TrainingClock(before: 10, _time);
        Pass(5);
        Assert.Equal(10, clock.Seconds);
        clock.Set(isTraining: true);
        Pass(2);
        clock.Set(isTraining: true);
        Pass(1);
        Assert.Equal(13, clock.Seconds);
        clock.Set(isTraining: false);
        Pass(100);
        Assert.Equal(13, clock.Seconds);
        clock.Set(isTraining: true);
        Pass(1);
        Assert.Equal(14, clock.Seconds);
    }

    [Fact]
    public void Time_after_the_end_does_not_count_whatever_is_set_later()
    {
        var clock = new TrainingClock(before: 0, _time);
        clock.Set(isTraining: true);
        Pass(3);
        clock.End();
        Pass(7);
        clock.Set(isTraining: true);
        Pass(7);
        Assert.Equal(3, clock.Seconds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Evaluations_at_the_end_of_a_run_are_no_training_time(bool deterministic)
    {
        TrainingSession? session = null;
        var seen = new ConcurrentBag<TimeSpan>();
        EnvironmentRegistry registry = Sessions.With("Timed-v0", _ =>
        {
            if (Thread.CurrentThread.Name is "krewe-last-evaluation" or "krewe-final-evaluation")
            {
                seen.Add(session!.Progress.Elapsed);
            }

            return new StepResult(1, false, false);
        });
        session = new TrainingSession(Sessions.Small("Timed-v0", deterministic: deterministic), registry);
        using (session)
        {
            TrainingResult result = await Sessions.Start(session);
            Assert.InRange(seen.Count, 2, int.MaxValue);
            Assert.Equal(result.WallSeconds, Assert.Single(seen.Distinct()).TotalSeconds, 1e-6);
        }
    }

    private void Pass(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
