namespace Krewe.Replay;

/// <summary>A shard is gone, and what it held with it.</summary>
/// <param name="shard">The shard.</param>
/// <param name="reason">Why.</param>
/// <param name="transitions">Transitions that it held.</param>
public sealed class ShardLostEventArgs(int shard, string reason, long transitions) : EventArgs
{
    /// <summary>The shard's index.</summary>
    public int Shard { get; } = shard;

    /// <summary>Why it is gone.</summary>
    public string Reason { get; } = reason;

    /// <summary>Transitions that it held.</summary>
    public long Transitions { get; } = transitions;
}
