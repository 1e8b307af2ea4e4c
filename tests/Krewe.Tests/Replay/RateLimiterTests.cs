using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Tests;

public class RateLimiterTests
{
    [Theory]
    [InlineData(8, 1, 10)]
    [InlineData(1, 8, 10)]
    [InlineData(0.25, 32, 10)]
    [InlineData(32, 0.25, 10)]
    [InlineData(8, 8, 5_000)]
    public void Counters_restored_under_another_ratio_or_minimum_size_make_neither_side_wait_for_the_difference(double before, double after, long minSize)
    {
        var limiter = new RateLimiter(new RateLimiterSettings { MinSize = 10, SamplesPerInsert = before, LargestInsert = 4, LargestSample = 16 });
        Run(limiter, inserts: 1_000);
        var other = new RateLimiter(new RateLimiterSettings { MinSize = minSize, SamplesPerInsert = after, LargestInsert = 4, LargestSample = 16 }) { State = limiter.State };
        long missing = Math.Max(0, minSize - other.State.Inserted);
        long sampled = other.State.Sampled;
        Run(other, inserts: missing + 100);
        Assert.InRange(other.State.Sampled - sampled, (100 * after) - (3 * other.ErrorBuffer), (100 * after) + (3 * other.ErrorBuffer));
    }

    [Fact]
    public void Counters_restored_under_the_same_settings_are_unchanged()
    {
        var settings = new RateLimiterSettings { MinSize = 10, SamplesPerInsert = 8, ErrorBuffer = 82, LargestInsert = 20, LargestSample = 4 };
        var limiter = new RateLimiter(settings);
        limiter.Insert(9);
        limiter.Insert(20);
        Assert.Equal(limiter.State, new RateLimiter(settings) { State = limiter.State }.State);
        limiter.Sample(152 + 82);
        Assert.Equal(limiter.State, new RateLimiter(settings) { State = limiter.State }.State);
    }

    /// <summary>Inserts 4 at a time and samples 16 at a time, whatever is admitted first.</summary>
    private static void Run(RateLimiter limiter, long inserts)
    {
        for (long inserted = 0; inserted < inserts;)
        {
            if (limiter.CanSample(16))
            {
                limiter.Sample(16);
            }
            else
            {
                Assert.True(limiter.CanInsert(4));
                limiter.Insert(4);
                inserted += 4;
            }
        }
    }

    [Fact]
    public void Before_the_minimum_size_nothing_is_sampled_and_everything_inserted()
    {
        var limiter = new RateLimiter(new RateLimiterSettings { MinSize = 10, SamplesPerInsert = 4, LargestInsert = 2, LargestSample = 4 });

        for (int i = 0; i < 10; i += 2)
        {
            Assert.False(limiter.CanSample(4));
            Assert.True(limiter.CanInsert(2));
            limiter.Insert(2);
        }

        Assert.True(limiter.CanSample(4));
    }

    [Fact]
    public void The_append_that_crosses_the_minimum_size_may_exceed_the_error_buffer_and_the_next_waits_until_the_drift_is_back()
    {
        var limiter = new RateLimiter(new RateLimiterSettings
        {
            MinSize = 10,
            SamplesPerInsert = 8,
            ErrorBuffer = 82,
            LargestInsert = 20,
            LargestSample = 4,
        });
        limiter.Insert(9);
        Assert.True(limiter.CanInsert(20));
        limiter.Insert(20);
        Assert.Equal(152, limiter.Drift); // (20 - 1) * 8
        Assert.False(limiter.CanInsert(1));
        limiter.Sample(77);
        Assert.False(limiter.CanInsert(1));
        limiter.Sample(1); // drift 74
        Assert.True(limiter.CanInsert(1));
        Assert.False(limiter.CanInsert(2));
    }

    [Fact]
    public void Actors_may_be_ahead_by_the_error_buffer_and_no_further()
    {
        var limiter = new RateLimiter(new RateLimiterSettings
        {
            MinSize = 10,
            SamplesPerInsert = 4,
            ErrorBuffer = 8,
            LargestInsert = 1,
            LargestSample = 4,
        });
        limiter.Insert(12); // drift (12 - 10) * 4 = 8

        Assert.Equal(8, limiter.Drift);
        Assert.False(limiter.CanInsert(1));
        limiter.Sample(4);
        Assert.True(limiter.CanInsert(1));
    }

    [Fact]
    public void The_learner_may_be_ahead_by_the_error_buffer_and_no_further()
    {
        var limiter = new RateLimiter(new RateLimiterSettings
        {
            MinSize = 10,
            SamplesPerInsert = 4,
            ErrorBuffer = 8,
            LargestInsert = 1,
            LargestSample = 4,
        });
        limiter.Insert(10);

        Assert.True(limiter.CanSample(8));
        limiter.Sample(8);
        Assert.Equal(-8, limiter.Drift);
        Assert.False(limiter.CanSample(1));
        limiter.Insert(1);
        Assert.True(limiter.CanSample(4));
        Assert.False(limiter.CanSample(5));
    }

    [Fact]
    public void A_reverted_sample_is_admitted_again()
    {
        var limiter = new RateLimiter(new RateLimiterSettings { LargestSample = 4, ErrorBuffer = 4 });
        limiter.Insert(1);
        limiter.Sample(4);
        Assert.False(limiter.CanSample(4));

        limiter.Sample(-4);

        Assert.True(limiter.CanSample(4));
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(8, 512, 64, 2080)] // (k q + b) / 2
    [InlineData(0.25, 4, 64, 32.5)]
    public void An_error_buffer_that_could_deadlock_is_refused_with_the_smallest_valid_value(double ratio, int append, int sample, double smallest)
    {
        var settings = new RateLimiterSettings
        {
            MinSize = 100,
            SamplesPerInsert = ratio,
            LargestInsert = append,
            LargestSample = sample,
            ErrorBuffer = smallest - 0.5,
        };

        var error = Assert.Throws<InvalidOptionException>(() => new RateLimiter(settings));

        Assert.Contains(FormattableString.Invariant($"must be at least {smallest} "), error.Message, StringComparison.Ordinal);
        Assert.Equal(smallest, new RateLimiter(settings with { ErrorBuffer = smallest }).ErrorBuffer);
    }

    [Fact]
    public void The_default_error_buffer_leaves_room_beyond_the_smallest()
    {
        var limiter = new RateLimiter(new RateLimiterSettings { SamplesPerInsert = 8, LargestInsert = 4, LargestSample = 64 });

        Assert.Equal(((8 * 4) + 64) / 2 + 64, limiter.ErrorBuffer);
    }

    [Theory]
    [InlineData(0, 1, 1, 1, "min size 0")]
    [InlineData(1, 0, 1, 1, "samples per insert 0")]
    [InlineData(1, double.NaN, 1, 1, "samples per insert NaN")]
    [InlineData(1, double.PositiveInfinity, 1, 1, "samples per insert Infinity")]
    [InlineData(1, 1, 0, 1, "largest append 0")]
    [InlineData(1, 1, 1, 0, "largest sample 0")]
    public void Settings_out_of_range_are_refused_by_name(long minSize, double ratio, int append, int sample, string message)
    {
        var settings = new RateLimiterSettings
        {
            MinSize = minSize,
            SamplesPerInsert = ratio,
            LargestInsert = append,
            LargestSample = sample,
        };

        Assert.Contains(message, Assert.Throws<InvalidOptionException>(() => new RateLimiter(settings)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_state_can_be_restored()
    {
        var settings = new RateLimiterSettings { MinSize = 5, SamplesPerInsert = 2, LargestInsert = 3, LargestSample = 4 };
        var limiter = new RateLimiter(settings);
        limiter.Insert(9);
        limiter.Sample(6);

        var restored = new RateLimiter(settings) { State = limiter.State };

        Assert.Equal(limiter.Drift, restored.Drift);
        Assert.Throws<ArgumentOutOfRangeException>(() => restored.State = new RateLimiterState(-1, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void On_any_schedule_one_side_can_proceed_and_the_drift_stays_within_the_error_buffer(ulong seed)
    {
        var random = new Pcg64(seed);
        for (int round = 0; round < 300; round++)
        {
            RateLimiterSettings settings = RandomSettings(random);
            var limiter = new RateLimiter(settings);
            // 0 favours the actors, 10 the learner: both edges are reached.
            int lean = random.NextInt(11);
            double above = (settings.LargestInsert - 1) * settings.SamplesPerInsert;
            for (int i = 0; i < 500; i++)
            {
                int append = 1 + random.NextInt(settings.LargestInsert);
                int sample = 1 + random.NextInt(settings.LargestSample);
                Step(limiter, append, sample, samplesFirst: random.NextInt(10) < lean);
                if (limiter.State.Inserted >= settings.MinSize)
                {
                    // A drift above the error buffer, left by crossing the minimum size, only decreases.
                    Assert.InRange(limiter.Drift, -limiter.ErrorBuffer - 0.01, Math.Max(above, limiter.ErrorBuffer) + 0.01);
                    above = Math.Min(above, limiter.Drift);
                }
            }
        }
    }

    [Fact]
    public void The_schedules_detect_an_error_buffer_that_was_checked_for_smaller_requests()
    {
        // Negative control: the error buffer fits appends of 3 and samples of 4, but the requests are of 6 and 10.
        var limiter = new RateLimiter(new RateLimiterSettings { LargestInsert = 3, LargestSample = 4, ErrorBuffer = 3.5 });

        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() =>
        {
            for (int i = 0; i < 500; i++)
            {
                Step(limiter, append: 6, sample: 10, samplesFirst: i % 2 == 0);
            }
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Samplable_is_the_largest_sample_that_is_admitted(ulong seed)
    {
        var random = new Pcg64(seed);
        for (int round = 0; round < 3_000; round++)
        {
            RateLimiterSettings settings = RandomSettings(random);
            var limiter = new RateLimiter(settings);
            long inserted = random.NextInt(2) == 0 ? random.NextInt(200) : (long)random.NextUniform(0, 1e12);
            double even = Math.Max(0, (inserted - settings.MinSize) * settings.SamplesPerInsert);
            long sampled = (long)Math.Max(0, even + random.NextUniform(-2, 2) * limiter.ErrorBuffer);
            limiter.State = new RateLimiterState(inserted, sampled);
            long most = limiter.Samplable;

            Assert.True(most >= 0 && (inserted >= settings.MinSize || most == 0));
            foreach (long transitions in new[] { 1, 2, most - 1, most, most + 1, most + 2, 1 + random.NextInt(1000) }.Where(b => b > 0))
            {
                Assert.Equal(transitions <= most, limiter.CanSample(transitions));
            }
        }
    }

    [Fact]
    public void Samplable_counts_down_to_the_edge_of_the_error_buffer()
    {
        var limiter = new RateLimiter(new RateLimiterSettings { MinSize = 10, SamplesPerInsert = 0.5, ErrorBuffer = 8, LargestSample = 4 });
        limiter.Insert(9);
        Assert.Equal(0, limiter.Samplable);
        limiter.Insert(1);
        Assert.Equal(8, limiter.Samplable);
        limiter.Insert(3); // one and a half more
        Assert.Equal(9, limiter.Samplable);
        limiter.Sample(4);
        Assert.Equal(5, limiter.Samplable);
        limiter.Sample(20);
        Assert.Equal(0, limiter.Samplable);
    }

    [Fact]
    public void Without_settings_samplable_is_unbounded_once_something_is_stored()
    {
        var limiter = new RateLimiter(null);
        Assert.Equal(0, limiter.Samplable);
        limiter.Insert(1);
        Assert.Equal(long.MaxValue, limiter.Samplable);
    }

    private static void Step(RateLimiter limiter, int append, int sample, bool samplesFirst)
    {
        bool canInsert = limiter.CanInsert(append);
        bool canSample = limiter.CanSample(sample);
        Assert.True(canInsert || canSample, $"append {append} and sample {sample} both refused at drift {limiter.Drift}");
        if (canSample && (samplesFirst || !canInsert))
        {
            limiter.Sample(sample);
        }
        else
        {
            limiter.Insert(append);
        }
    }

    private static RateLimiterSettings RandomSettings(Pcg64 random)
    {
        var settings = new RateLimiterSettings
        {
            MinSize = 1 + random.NextInt(50),
            SamplesPerInsert = Math.Exp(random.NextUniform(-3, 4)),
            LargestInsert = 1 + random.NextInt(20),
            LargestSample = 1 + random.NextInt(64),
        };
        double smallest = RateLimiter.SmallestErrorBuffer(settings.SamplesPerInsert, settings.LargestInsert, settings.LargestSample);
        return random.NextInt(3) switch
        {
            0 => settings,
            1 => settings with { ErrorBuffer = smallest },
            _ => settings with { ErrorBuffer = smallest * random.NextUniform(1, 3) },
        };
    }
}
