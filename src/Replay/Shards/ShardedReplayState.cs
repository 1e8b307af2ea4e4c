using Krewe.Contracts;


namespace Krewe.Replay;

/// <summary>The state of a <see cref="ShardedReplay"/> beside the content of its shards.</summary>
/// <param name="Band">The counters of the band.</param>
/// <param name="Inserted">Transitions stored since the start of the run.</param>
/// <param name="Sampled">Transitions sampled since the start of the run.</param>
/// <param name="Random">The random state that divides mini-batches among shards.</param>
public readonly record struct ShardedReplayState(RateLimiterState Band, long Inserted, long Sampled, Pcg64State Random);
