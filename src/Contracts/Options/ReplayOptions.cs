
namespace Krewe.Contracts;

/// <summary>Replay: how much is kept, how it is sampled, and how actors and learner are paced against each other.</summary>
public sealed class ReplayOptions
{
    /// <summary>Slots over all shards.</summary>
    [Option("slots over all shards", Min = 2, Max = 1_000_000_000)]
    public int Capacity { get; set; } = 100_000;

    /// <summary>Shards that the slots are divided into.</summary>
    [Option("shards", Min = 1, Max = 1024)]
    public int Shards { get; set; } = 1;

    /// <summary>Transitions inserted before the first sample is given.</summary>
    [Option("transitions inserted before the first sample", Min = 1)]
    public long MinSize { get; set; } = 1_000;

    /// <summary>
    /// Transitions sampled for each one inserted (Reverb's samples per insert): a batch of 64 every 2 environment steps is 32.
    /// </summary>
    [Option("transitions sampled for each one inserted", Min = 0, MinExclusive = true)]
    public double SamplesPerInsert { get; set; } = 8;

    /// <summary>
    /// How far, in sampled transitions, the two sides may drift from that ratio in either direction; 0 chooses the smallest value
    /// with which they never wait for each other for ever, and room for one more append or sample. The append that crosses the minimum
    /// size is let in however far it leads.
    /// </summary>
    [Option("sampled transitions that actors or learner may be ahead; 0 chooses", Min = 0)]
    public double ErrorBuffer { get; set; }

    /// <summary>Steps n of an n-step return (Sutton and Barto 2018, chapter 7).</summary>
    [Option("steps of an n-step return", Min = 1, Max = 1000)]
    public int NStep { get; set; } = 1;
}
