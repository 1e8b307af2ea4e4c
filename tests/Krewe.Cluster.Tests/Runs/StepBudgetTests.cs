using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

public sealed class StepBudgetTests
{
    private const int Minimum = 16;

    public static TheoryData<ulong> Seeds() => [.. Enumerable.Range(0, 200).Select(seed => (ulong)seed)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Silos_do_exactly_the_budget_if_none_is_lost(ulong seed)
    {
        Pcg64 random = RandomStreams.Create((long)seed, RandomStream.Replay);
        long total = 1 + random.NextInt(20_000);
        var budget = new StepBudget(total);
        var silos = new SiloTwin[1 + random.NextInt(5)];
        for (int i = 0; i < silos.Length; i++)
        {
            silos[i] = new SiloTwin($"silo{i}");
        }

        long before = 0;
        for (int turn = 0; !budget.IsSpent; turn++)
        {
            Assert.InRange(turn, 0, 1_000_000);
            silos[random.NextInt(silos.Length)].Act(random, budget, silos.Length);
            Assert.InRange(budget.Done, before, total);
            Assert.InRange(budget.Done + budget.Outstanding, 0, total);
            before = budget.Done;
        }

        Assert.Equal(total, silos.Sum(silo => silo.Steps));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_lease_of_a_lost_silo_is_granted_again(ulong seed)
    {
        Pcg64 random = RandomStreams.Create((long)seed, RandomStream.Replay);
        long total = 1 + random.NextInt(20_000);
        var budget = new StepBudget(total);
        List<SiloTwin> silos = [new("silo0"), new("silo1")];
        long before = 0;
        for (int turn = 0; !budget.IsSpent; turn++)
        {
            Assert.InRange(turn, 0, 1_000_000);
            if (random.NextInt(20) == 0)
            {
                // Reported or not, acknowledged steps stay done: another silo does the rest.
                silos[random.NextInt(2)] = new SiloTwin($"silo{2 + turn}");
                budget.DropLost(silo => silos.Any(twin => twin.Name == silo));
            }

            silos[random.NextInt(2)].Act(random, budget, 2);
            Assert.InRange(budget.Done, before, total);
            before = budget.Done;
        }

        Assert.Equal(0, budget.Outstanding);
    }

    [Fact]
    public void A_silo_that_was_considered_lost_and_reports_again_is_counted_once()
    {
        // A silo that is shutting down is no longer active but still reports its last batches.
        var budget = new StepBudget(10_000);
        budget.Report("a", steps: 4_000, outstanding: 100);
        budget.DropLost(_ => false);
        budget.Report("a", steps: 4_050, outstanding: 50);
        budget.DropLost(_ => false);
        budget.Report("a", steps: 4_100, outstanding: 0);
        Assert.Equal(4_100, budget.Done);
    }

    [Fact]
    public void Only_the_last_accounts_of_lost_silos_are_kept()
    {
        var budget = new StepBudget(1_000_000);
        var forgotten = new List<string>();
        for (int life = 0; life < 1_000; life++)
        {
            budget.Report("stays", steps: life, outstanding: 0);
            budget.Report($"life {life}", steps: 10, outstanding: 5);
            forgotten.AddRange(budget.DropLost(silo => silo == "stays"));
            Assert.Equal(0, budget.Outstanding);
        }

        Assert.Equal(Enumerable.Range(0, 1_000 - StepBudget.MostLost).Select(life => $"life {life}"), forgotten);
        Assert.Equal(1 + StepBudget.MostLost, budget.Reported.Count);
        Assert.Equal(999 + 10_000, budget.Done);
    }

    [Fact]
    public void A_silo_that_reports_before_it_is_known_is_not_forgotten()
    {
        var budget = new StepBudget(1_000_000);
        budget.Report("early", steps: 100, outstanding: 0);
        budget.DropLost(_ => false);
        for (int life = 0; life < 2 * StepBudget.MostLost; life++)
        {
            budget.Report($"life {life}", steps: 0, outstanding: 0);
            budget.DropLost(silo => silo == "early");
        }

        budget.Report("early", steps: 150, outstanding: 0);
        Assert.Equal(150, budget.Done);
    }

    [Fact]
    public void A_restored_budget_continues_from_its_saved_counts()
    {
        var before = new StepBudget(10_000);
        before.Report("a", steps: 1_000, outstanding: 500);
        before.Report("b", steps: 2_000, outstanding: 0);
        var after = new StepBudget(10_000);
        after.Restore(before.Done, before.Reported);
        Assert.Equal(3_000, after.Done);
        after.Report("a", steps: 1_400, outstanding: 100);
        after.Report("b", steps: 2_000, outstanding: 0);
        Assert.Equal((3_400, 100), (after.Done, after.Outstanding));
    }

    [Fact]
    public void A_late_report_takes_nothing_back()
    {
        var budget = new StepBudget(10_000);
        budget.Report("a", steps: 500, outstanding: 0);
        budget.Report("a", steps: 400, outstanding: 100);
        Assert.Equal(500, budget.Done);
        budget.Report("a", steps: 510, outstanding: 0);
        Assert.Equal(510, budget.Done);
    }

    [Fact]
    public void The_last_steps_are_neither_lost_nor_granted_twice()
    {
        var budget = new StepBudget(100);
        Assert.Equal(new StepLease(0, 100, Exhausted: false), budget.Lease("a", 1_000, 100, silos: 1));
        Assert.Equal(new StepLease(100, 100, Exhausted: false), budget.Lease("b", 1_000, 100, silos: 1));
        budget.DropLost(silo => silo == "b");
        Assert.Equal(new StepLease(0, 100, Exhausted: false), budget.Lease("b", 1_000, 100, silos: 1));
        budget.Report("b", steps: 100, outstanding: 0);
        Assert.Equal(new StepLease(100, 100, Exhausted: true), budget.Lease("b", 1_000, 100, silos: 1));
    }

    /// <summary>Behaves like a silo: does its steps, reports, and leases more when it has none left.</summary>
    private sealed class SiloTwin(string name)
    {
        private long _leased;

        public string Name => name;

        public long Steps { get; private set; }

        public void Act(Pcg64 random, StepBudget budget, int silos)
        {
            Steps += random.NextInt((int)(_leased - Steps) + 1);
            budget.Report(name, Steps, _leased - Steps);
            if (Steps == _leased)
            {
                StepLease lease = budget.Lease(name, 1 + random.NextInt(2_000), Minimum, silos);
                Assert.True(lease.Exhausted == budget.IsSpent);
                Assert.True((lease.End - lease.Start) % Minimum == 0 || lease.End == budget.Total, "a partial rollout before the end");
                _leased += lease.End - lease.Start;
            }
        }
    }
}
