using Krewe.Contracts;

namespace Krewe.Tests;

public class ScheduleTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_000)]
    [InlineData(7_999)]
    [InlineData(8_000)]
    [InlineData(8_001)]
    [InlineData(long.MaxValue)]
    public void A_linear_schedule_matches_the_tutorials_and_stays_at_its_end(long step)
    {
        // linear_schedule(initial_value, final_value, current_step, max_steps) of the tutorial.
        double progress = Math.Min((double)step / 8_000, 1.0);
        double expected = 1.0 + (progress * (0.04 - 1.0));
        Assert.Equal(expected, Schedule.Linear(initial: 1.0, final: 0.04, steps: 8_000).At(step));
    }

    [Fact]
    public void A_schedule_over_a_fraction_of_the_run_grows_with_the_run()
    {
        Schedule schedule = Schedule.Linear(initial: 1, final: 0, steps: 7) with { Fraction = 0.25 };
        Assert.Equal(0.5, schedule.Over(1_000).At(125));
        Assert.Equal(0.5, schedule.Over(1_000).Over(8_000).At(1_000));
        Assert.Equal(0, schedule.Over(1).At(1));
        Assert.Equal(7, (schedule with { Fraction = 0 }).Over(1_000).Steps);
    }

    [Fact]
    public void A_linear_schedule_may_rise() =>
        Assert.Equal(0.5, Schedule.Linear(initial: 0, final: 1, steps: 10).At(5));

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(50, 0.1)]
    [InlineData(100, 0.01)]
    [InlineData(1_000, 0.01)]
    public void An_exponential_schedule_changes_by_equal_factors_and_stays_at_its_end(long step, double expected)
    {
        var schedule = new Schedule { Kind = ScheduleKind.Exponential, Initial = 1, Final = 0.01, Steps = 100 };
        Assert.Equal(expected, schedule.At(step), tolerance: 1e-15);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public void A_constant_schedule_uses_only_its_initial_value(long step) =>
        Assert.Equal(0.3, new Schedule { Kind = ScheduleKind.Constant, Initial = 0.3, Final = 9, Steps = 1 }.At(step));
}
