using Krewe.Contracts.Grains;


namespace Krewe.Cluster;

/// <summary>What a run has heard of its learner. Not thread-safe: its grain owns it.</summary>
internal sealed class LearnerWatch
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private DateTime _heard;

    /// <summary>The learner's last report; null before the first.</summary>
    public LearnerReport? Last { get; private set; }

    /// <summary>Whether that was so short a time ago that the learner is taken to be there.</summary>
    public bool IsThere => Last is not null && DateTime.UtcNow - _heard <= Fresh;

    /// <summary>Why it could not be started; null when it could, or has reported since.</summary>
    public string? Trouble { get; set; }

    /// <summary>Takes a report in.</summary>
    public void Report(LearnerReport report) => (Last, _heard, Trouble) = (report, DateTime.UtcNow, null);
}
