using Krewe.Contracts.Networks;
using Krewe.Contracts.Options;
using Krewe.Contracts.Replay;
using Krewe.Contracts.Spaces;
using Krewe.Tests.Learner;
using Krewe.Torch.Tests.Networks;
using TorchSharp;

namespace Krewe.Torch.Tests.Training;

public class MemoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void No_tensor_outlives_its_update(int stepsAhead)
    {
        (NetworkSpec spec, int rows) = NetworkCases.All[3];
        SampledBatch batch = Batches.Random(spec, rows, 1);
        using TorchQNetwork network = ForwardTests.Torch(spec, new LearnerOptions { BatchSize = rows }, stepsAhead);
        Update(network, batch, 3);
        long before = Living();
        Update(network, batch, 50);
        Assert.Equal(before, Living());
    }

    [Fact]
    public void Resident_memory_is_flat_over_100_000_updates()
    {
        NetworkSpec spec = Batches.Spec(ElementType.Float32, 4, [8], 2);
        SampledBatch batch = Batches.Random(spec, 8, 1);
        using TorchQNetwork network = ForwardTests.Torch(spec, new LearnerOptions { BatchSize = 8 });

        // The collectors of both worlds have found their sizes by then.
        Update(network, batch, 40_000);
        long early = Resident();
        Update(network, batch, 60_000);
        long late = Resident();

        // A tensor that every update leaves behind would be more than 200 bytes with its storage: 12 MB. Measured: 0.1 to 0.5 MB.
        Assert.True(late - early < 3_000_000, $"resident memory went from {early} to {late} bytes in 60,000 updates");
    }

    private static long Living()
    {
        ThreadDisposeScopeStatistics statistics = DisposeScopeManager.Statistics;
        return statistics.ThreadTotalLiveCount;
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }

    private static void Update(TorchQNetwork network, SampledBatch batch, int updates)
    {
        var errors = new float[batch.Count];
        for (int i = 0; i < updates; i++)
        {
            network.Begin(batch, 1e-3f);
            network.UpdateTarget(i % 10 == 0 ? 1 : 0.01f);
            network.End(errors);
        }
    }
}
