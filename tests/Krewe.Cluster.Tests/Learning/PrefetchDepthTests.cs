namespace Krewe.Cluster.Tests;

public class PrefetchDepthTests
{
    private static readonly TimeSpan Start = TimeSpan.FromDays(7);
    private readonly PrefetchDepth _depth = new();
    private TimeSpan _now = Start;

    public PrefetchDepthTests() => _depth.Look(_now);

    [Fact]
    public void A_learner_that_waits_little_has_few_chunks()
    {
        for (int i = 0; i < 50; i++)
        {
            Pass(PrefetchDepth.Window, waited: PrefetchDepth.MaxWaitShare * PrefetchDepth.Window);
            Assert.Equal(PrefetchDepth.Few, _depth.Chunks);
        }
    }

    [Fact]
    public void A_learner_that_waits_longer_has_many_chunks_after_a_window()
    {
        Pass(PrefetchDepth.Window / 2, waited: 0.9 * PrefetchDepth.Window / 2);
        Assert.Equal(PrefetchDepth.Few, _depth.Chunks);
        Pass(PrefetchDepth.Window / 2, waited: TimeSpan.Zero);
        Assert.Equal(PrefetchDepth.Many, _depth.Chunks);
    }

    [Fact]
    public void Few_chunks_are_tried_again_after_a_while_without_waits()
    {
        Pass(PrefetchDepth.Window, waited: PrefetchDepth.Window);
        TimeSpan many = _now;
        while (_now + PrefetchDepth.Window < many + PrefetchDepth.Trial)
        {
            Pass(PrefetchDepth.Window, waited: TimeSpan.Zero);
            Assert.Equal(PrefetchDepth.Many, _depth.Chunks);
        }

        Pass(PrefetchDepth.Window, waited: TimeSpan.Zero);
        Assert.Equal(PrefetchDepth.Few, _depth.Chunks);
        Pass(PrefetchDepth.Window, waited: PrefetchDepth.Window / 10);
        Assert.Equal(PrefetchDepth.Many, _depth.Chunks);
    }

    private void Pass(TimeSpan time, TimeSpan waited)
    {
        _depth.Waited(waited);
        _now += time;
        _depth.Look(_now);
    }
}
