using Krewe.Actors;

namespace Krewe.Tests;

public class EpisodeTrackerTests
{
    [Fact]
    public void There_is_no_mean_before_the_first_episode() => Assert.Null(new EpisodeTracker().Mean());

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(250)]
    public void The_mean_covers_the_last_hundred_episodes_however_they_are_grouped(int group)
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

    [Theory]
    [InlineData(1, 100)]
    [InlineData(7, 100)]
    [InlineData(99, 200)]
    [InlineData(100, 100)]
    public void A_reader_that_keeps_up_sees_every_episode_once_in_order(int group, int room)
    {
        var tracker = new EpisodeTracker();
        var seen = new List<(double, int)>();
        var returns = new double[room];
        var lengths = new int[room];
        long next = 0;
        for (int at = 0; at < 700; at += group)
        {
            int[] episodes = [.. Enumerable.Range(at, group)];
            tracker.Add([.. episodes.Select(i => i * 0.5)], episodes);
            int count = tracker.ReadSince(ref next, returns, lengths);
            seen.AddRange(returns.Zip(lengths).Take(count));
        }

        Assert.Equal(tracker.Episodes, next);
        Assert.Equal(Enumerable.Range(0, (int)next).Select(i => (i * 0.5, i)), seen);
        Assert.Equal(0, tracker.ReadSince(ref next, returns, lengths));
    }

    [Fact]
    public void A_reader_that_falls_behind_misses_all_but_the_last_hundred()
    {
        var tracker = new EpisodeTracker();
        for (int i = 0; i < 730; i++)
        {
            tracker.Add([i], [i]);
        }

        var lengths = new int[100];
        long next = 600;
        Assert.Equal(100, tracker.ReadSince(ref next, new double[100], lengths));
        Assert.Equal(Enumerable.Range(630, 100), lengths);
        Assert.Equal(730, next);
    }

    [Fact]
    public void Episodes_that_do_not_fit_are_read_with_the_next_call()
    {
        var tracker = new EpisodeTracker();
        tracker.Add([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]);
        var lengths = new int[3];
        long next = 0;
        Assert.Equal(3, tracker.ReadSince(ref next, new double[10], lengths));
        Assert.Equal([1, 2, 3], lengths);
        Assert.Equal(2, tracker.ReadSince(ref next, new double[10], lengths));
        Assert.Equal([4, 5, 3], lengths);
        Assert.Equal(5, next);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    public void A_number_that_is_out_of_range_is_refused(long episode)
    {
        var tracker = new EpisodeTracker();
        tracker.Add([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tracker.ReadSince(ref episode, new double[9], new int[9]));
    }
}
