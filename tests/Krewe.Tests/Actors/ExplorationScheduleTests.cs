using Krewe.Actors;
using Krewe.Contracts;

namespace Krewe.Tests;

public class ExplorationScheduleTests
{
    // Horgan et al. 2018, section 4: epsilon 0.4, alpha 7; 0.4^(1 + i * 7 / 7) for 8 actors, computed by hand.
    [Theory]
    [InlineData(0, 0.4)]
    [InlineData(1, 0.16)]
    [InlineData(2, 0.064)]
    [InlineData(3, 0.0256)]
    [InlineData(4, 0.01024)]
    [InlineData(5, 0.004096)]
    [InlineData(6, 0.0016384)]
    [InlineData(7, 0.00065536)]
    public void Actor_i_of_n_explores_with_the_exponent_of_ape_x(int actor, double expected) =>
        Assert.Equal(expected, Make(count: 8, alpha: 7, actor).At(step: 0), tolerance: 1e-15);

    [Fact]
    public void The_last_of_three_actors_has_the_whole_exponent_and_the_middle_one_half() =>
        Assert.Equal([0.5, 0.0625, 0.0078125], Enumerable.Range(0, 3).Select(actor => new ExplorationSchedule(
            new ActorOptions { Count = 3, EpsilonAlpha = 6, Epsilon = Schedule.Constant(0.5) }, actor).At(step: 0)));

    [Fact]
    public void A_single_actor_explores_with_the_schedule_itself() =>
        Assert.Equal(0.4, Make(count: 1, alpha: 7, actor: 0).At(step: 0));

    [Fact]
    public void With_alpha_zero_every_actor_has_the_same_epsilon() =>
        Assert.Equal(0.4, Make(count: 8, alpha: 0, actor: 7).At(step: 0));

    [Fact]
    public void The_exponent_applies_to_the_value_of_the_schedule_at_the_step()
    {
        var options = new ActorOptions
        {
            Count = 2,
            EpsilonAlpha = 1,
            Epsilon = Schedule.Linear(initial: 1, final: 0, steps: 100),
        };
        Assert.Equal(0.25, new ExplorationSchedule(options, actorId: 1).At(step: 50), tolerance: 1e-15);
    }

    private static ExplorationSchedule Make(int count, double alpha, int actor) => new(
        new ActorOptions { Count = count, EpsilonAlpha = alpha, Epsilon = Schedule.Constant(0.4) }, actor);
}
