namespace Krewe.Cluster.Tests;

public sealed class LeaseClockTests
{
    [Fact]
    public void A_silo_asks_for_at_least_a_rollout_and_at_most_twice_its_previous_request()
    {
        var clock = new LeaseClock();
        long leased = 0;
        long before = 8 * 64;
        for (int i = 0; i < 30; i++)
        {
            // This many steps in no time: only the bound limits the lease.
            long wanted = clock.Wanted(leased, rollout: 64);
            Assert.InRange(wanted, 64, 2 * before);
            before = Math.Max(wanted, 8 * 64);
            leased += 1L << 40;
        }
    }

    [Fact]
    public void A_silo_that_did_nothing_asks_for_one_rollout() => Assert.Equal(64, new LeaseClock().Wanted(0, rollout: 64));
}
