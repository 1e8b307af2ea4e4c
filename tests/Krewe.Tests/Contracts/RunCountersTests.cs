using Krewe.Contracts;

namespace Krewe.Tests;

public class RunCountersTests
{
    [Fact]
    public void Claims_start_where_the_ones_before_end_and_stop_at_the_budget()
    {
        var counters = new RunCounters { Budget = 50 };
        Assert.Equal((30, 0), Claim(counters, wanted: 30));
        Assert.Equal((20, 30), Claim(counters, wanted: 30));
        Assert.Equal((0, 50), Claim(counters, wanted: 30));
    }

    [Fact]
    public void A_resumed_run_claims_from_the_steps_taken_before()
    {
        var counters = new RunCounters { Budget = 50, EnvironmentSteps = 45, Updates = 7, Episodes = 3 };
        Assert.Equal((5, 45), Claim(counters, wanted: 30));
        Assert.Equal((45, 7, 3), (counters.EnvironmentSteps, counters.Updates, counters.Episodes));
    }

    [Fact]
    public void A_budget_below_the_steps_taken_grants_nothing() =>
        Assert.Equal((0, 45), Claim(new RunCounters { EnvironmentSteps = 45, Budget = 40 }, wanted: 1));

    [Fact]
    public void A_lease_replaces_the_claimable_range_and_returns_what_was_left()
    {
        var counters = new RunCounters { Budget = 0 };
        Assert.Equal((0, 0L), (counters.Claim(10, out _), counters.Remaining));

        Assert.Equal(0, counters.Lease(100, 150));
        Assert.Equal(50, counters.Remaining);
        Assert.Equal((30, 100), Claim(counters, wanted: 30));
        Assert.Equal(20, counters.Lease(1000, 1010));
        Assert.Equal((10, 1000), Claim(counters, wanted: 30));
        Assert.Equal((0, 1010), Claim(counters, wanted: 30));
        Assert.Equal(0, counters.Lease(10, 10)); // an earlier, empty range
        Assert.Equal((0, 10), Claim(counters, wanted: 30));
        Assert.Equal((0, 0L), (counters.EnvironmentSteps, counters.Budget));

        Assert.Throws<ArgumentOutOfRangeException>(() => counters.Lease(-1, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => counters.Lease(11, 10));
    }

    [Fact]
    public void Without_a_budget_claims_are_unbounded()
    {
        var counters = new RunCounters { EnvironmentSteps = 45 };
        Assert.Equal(long.MaxValue - 45, counters.Remaining);
        Assert.Equal((30, 45), Claim(counters, wanted: 30));
    }

    [Fact]
    public void Leases_during_concurrent_claims_lose_no_step_and_grant_none_twice()
    {
        const int Leases = 2_000;
        var counters = new RunCounters { Budget = 0 };
        var claims = new List<(long Start, long Count)>[3];
        long left = 0;
        bool done = false;
        Thread[] threads = [.. Enumerable.Range(0, claims.Length).Select(i => new Thread(() => Work(i)))];
        Array.ForEach(threads, thread => thread.Start());
        for (long i = 0; i < Leases; i++)
        {
            // Ranges with gaps between them: a claim across two of them would be detected.
            left += counters.Lease(1000 * i, (1000 * i) + 100);
            while (i % 2 == 0 && counters.Remaining > 50)
            {
                Thread.Yield();
            }
        }

        left += counters.Lease(0, 0);
        Volatile.Write(ref done, true);
        Array.ForEach(threads, thread => thread.Join());
        long at = 0;
        long claimed = 0;
        foreach ((long start, long count) in claims.SelectMany(x => x).Order())
        {
            Assert.True(start >= at && (start % 1000) + count <= 100, $"{count} steps from {start} on, after {at}");
            at = start + count;
            claimed += count;
        }

        Assert.Equal(100L * Leases, claimed + left);

        void Work(int thread)
        {
            claims[thread] = [];
            while (!Volatile.Read(ref done))
            {
                if (counters.Claim(wanted: 7 + thread, out long first) is > 0 and var granted)
                {
                    claims[thread].Add((first, granted));
                }
            }
        }
    }

    [Fact]
    public void Many_threads_together_claim_the_budget_once()
    {
        const int Threads = 8;
        const long Budget = 1_000_003;
        var counters = new RunCounters { Budget = Budget };
        var claims = new List<(long Start, long Count)>[Threads];
        using var start = new Barrier(participantCount: Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(() => Work(i)))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        // Sorted by their starts, the claims lie end to end: no step twice, none left out, none beyond the budget.
        long at = 0;
        foreach ((long first, long count) in claims.SelectMany(x => x).Order())
        {
            Assert.Equal(at, first);
            at += count;
        }

        Assert.Equal(Budget, at);
        Assert.Equal(Budget, counters.EnvironmentSteps);

        void Work(int thread)
        {
            claims[thread] = [];
            start.SignalAndWait();
            while (counters.Claim(wanted: 17 + thread, out long first) is > 0 and var granted)
            {
                claims[thread].Add((first, granted));
                counters.AddEnvironmentSteps(granted);
            }
        }
    }

    private static (long Granted, long Start) Claim(RunCounters counters, long wanted)
    {
        long granted = counters.Claim(wanted, out long start);
        return (granted, start);
    }
}
