namespace Krewe.Actors;

/// <summary>Measures how long the current call into environments has taken. One thread enters and leaves; any thread may read.</summary>
public sealed class CallClock
{
    private long _since;

    /// <summary>A call that takes at least this long is mentioned to the user: the environment may hang.</summary>
    public static TimeSpan Long { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the current call has taken; null when there is none.</summary>
    public TimeSpan? Elapsed => Volatile.Read(ref _since) is var since and not 0 ? TimeSpan.FromMilliseconds(Environment.TickCount64 - since) : null;

    /// <summary>A call begins.</summary>
    public void Enter() => Volatile.Write(ref _since, Math.Max(1, Environment.TickCount64));

    /// <summary>The call has ended; does nothing when there is none.</summary>
    public void Leave() => Volatile.Write(ref _since, 0);
}
