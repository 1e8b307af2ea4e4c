using Krewe.Actors.Acting;

namespace Krewe.Tests.Actors;

public class EpisodeTrackerTests
{
    [Fact]
    public void There_is_no_mean_before_the_first_episode() => Assert.Null(new EpisodeTracker().Mean());

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(250)]
    public void The_mean_is_of_the_last_hundred_in_whatever_groups_they_came(int group)
    {
        var tracker = new EpisodeTracker();
        double[] returns = [.. Enumerable.Range(0, 730).Select(i => (double)i * i)];
        int[] lengths = [.. Enumerable.Range(0, 730)];
        for (int at = 0; at < returns.Length; at += group)
        {
            int count = Math.Min(group, returns.Length - at);
            tracker.Add(returns.AsSpan(at, count), lengths.AsSpan(at, count));
        }

        Assert.Equal(730, tracker.Episodes);
        Assert.Equal(returns[^100..].Average(), tracker.Mean()!.Value.Return, tolerance: 1e-6);
        Assert.Equal(lengths[^100..].Average(), tracker.Mean()!.Value.Length, tolerance: 1e-9);
    }
}
