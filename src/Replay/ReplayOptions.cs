using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>Replay: how much is kept, how it is sampled, and how actors and learner are kept in step.</summary>
public sealed class ReplayOptions
{
    /// <summary>Slots of all shards together: one for each step and one for each final observation.</summary>
    [Option("slots of all shards together: one for each step and each final observation", Min = 2, Max = 1_000_000_000)]
    public int Capacity { get; set; } = 100_000;

    /// <summary>Shards that the slots are divided among.</summary>
    [Option("shards that the slots are divided among", Min = 1, Max = 1024)]
    public int Shards { get; set; } = 1;

    /// <summary>Transitions inserted before the first sample (when learning starts).</summary>
    [Option("transitions inserted before learning starts", Min = 1, Max = 1_000_000_000)]
    public long MinSize { get; set; } = 1_000;

    /// <summary>
    /// Transitions sampled for each one inserted (Reverb's samples per insert, the replay ratio times the batch size): a batch of 64
    /// every 2 environment steps is 32. At most the largest mini-batch for every step.
    /// </summary>
    [Option("transitions sampled for each one inserted", Min = 0, MinExclusive = true, Max = 65536)]
    public double SamplesPerInsert { get; set; } = 8;

    /// <summary>
    /// How far, in sampled transitions, actors or learner may get ahead of that ratio before they wait. 0 selects the smallest value
    /// that cannot deadlock, with room for one more append or sample. The append that crosses the minimum size is always accepted.
    /// </summary>
    [Option("how far actors or learner may get ahead of samples_per_insert, in sampled transitions; 0 selects the smallest safe value", Min = 0)]
    public double ErrorBuffer { get; set; }

    /// <summary>Steps n of the n-step return (Sutton and Barto 2018, chapter 7).</summary>
    [Option("n of the n-step return", Min = 1, Max = 1000)]
    public int NStep { get; set; } = 1;

    /// <summary>
    /// Exponent alpha of prioritized replay (Schaul et al. 2016, where it is 0.6): a transition is sampled in proportion to its absolute TD
    /// error to this power. 0 samples uniformly.
    /// </summary>
    [Option("alpha of prioritized replay: samples in proportion to |TD error|^alpha; 0 samples uniformly", Min = 0, Max = 1)]
    public double PriorityExponent { get; set; }

    /// <summary>
    /// Exponent beta of the importance weights of prioritized replay, by environment steps of the whole run (Schaul et al. 2016: from 0.4 to
    /// 1 at the end of the run). No effect while <see cref="PriorityExponent"/> is 0.
    /// </summary>
    [Option("beta of prioritized replay's importance weights", Min = 0, Max = 1)]
    public Schedule ImportanceExponent { get; set; } = Schedule.Linear(0.4, 1.0, 100_000);
}
