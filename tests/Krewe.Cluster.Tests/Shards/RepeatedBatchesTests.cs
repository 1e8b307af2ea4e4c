namespace Krewe.Cluster.Tests;

public sealed class RepeatedBatchesTests
{
    [Fact]
    public void A_stored_batch_and_those_before_it_are_recognised_and_no_others()
    {
        var stored = new RepeatedBatches();
        Assert.False(stored.Contains(Batches.Make(1, 0)));
        stored.Add(Batches.Make(1, 5));
        Assert.True(stored.Contains(Batches.Make(1, 5)));
        Assert.True(stored.Contains(Batches.Make(1, 4)));
        Assert.False(stored.Contains(Batches.Make(1, 6)));
        Assert.False(stored.Contains(Batches.Make(2, 5)));
    }
}
