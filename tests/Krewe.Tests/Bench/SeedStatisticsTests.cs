using Krewe.Cli;

namespace Krewe.Tests;

public class SeedStatisticsTests
{
    [Fact]
    public void The_interquartile_mean_leaves_out_the_lowest_and_the_highest_quarter()
    {
        Assert.Equal(4.5, SeedStatistics.InterquartileMean([8, 1, 7, 2, -1e9, 1e9, 5, 4]), tolerance: 1e-12);
        Assert.Equal(2, SeedStatistics.InterquartileMean([1, 2, 3]));
        Assert.Equal(7, SeedStatistics.InterquartileMean([7]));
    }

    [Fact]
    public void A_median_counts_infinity_as_the_largest()
    {
        Assert.Equal(2.5, SeedStatistics.Median([4, 1, 2, 3]));
        Assert.Equal(3, SeedStatistics.Median([double.PositiveInfinity, 1, 3]));
        Assert.Equal(double.PositiveInfinity, SeedStatistics.Median([1, double.PositiveInfinity, double.PositiveInfinity, 2]));
        Assert.Equal(double.PositiveInfinity, SeedStatistics.Median([double.PositiveInfinity, double.PositiveInfinity]));
    }

    [Fact]
    public void The_interval_contains_the_interquartile_mean_and_shrinks_with_the_number_of_seeds()
    {
        double[] few = [.. Enumerable.Range(0, 8).Select(i => (double)i)];
        double[] many = [.. Enumerable.Range(0, 40).SelectMany(_ => few)];
        (double low, double high) = SeedStatistics.Interval(few);
        Assert.InRange(SeedStatistics.InterquartileMean(few), low, high);
        (double lowOfMany, double highOfMany) = SeedStatistics.Interval(many);
        Assert.True(highOfMany - lowOfMany < (high - low) / 3);
        Assert.Equal((5, 5), SeedStatistics.Interval([5, 5, 5]));
    }
}
