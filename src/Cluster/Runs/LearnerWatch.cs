using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>A run's view of its learner. Not thread-safe: owned by the run's grain.</summary>
internal sealed class LearnerWatch
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private DateTime _heard;

    /// <summary>The learner's last report; null before the first.</summary>
    public LearnerReport? Last { get; private set; }

    /// <summary>Whether the last report is recent enough to consider the learner alive.</summary>
    public bool IsThere => Last is not null && DateTime.UtcNow - _heard <= Fresh;

    /// <summary>Why the learner could not be started; null if it was started or has reported since.</summary>
    public string? Trouble { get; set; }

    /// <summary>Applies a report.</summary>
    public void Report(LearnerReport report) => (Last, _heard, Trouble) = (report, DateTime.UtcNow, null);
}
