using Krewe.Contracts.Runs;

namespace Krewe.Tests.Contracts;

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
    public void A_resumed_run_claims_on_from_the_steps_it_has_done()
    {
        var counters = new RunCounters { Budget = 50, EnvironmentSteps = 45, Updates = 7, Episodes = 3 };
        Assert.Equal((5, 45), Claim(counters, wanted: 30));
        Assert.Equal((45, 7, 3), (counters.EnvironmentSteps, counters.Updates, counters.Episodes));
    }

    [Fact]
    public void A_budget_below_what_was_done_grants_nothing() =>
        Assert.Equal((0, 45), Claim(new RunCounters { EnvironmentSteps = 45, Budget = 40 }, wanted: 1));

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
