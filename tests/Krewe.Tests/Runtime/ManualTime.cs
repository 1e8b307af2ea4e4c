namespace Krewe.Tests;

/// <summary>A clock that the test advances, and whose timers fire then.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public void Advance(TimeSpan time)
    {
        _ticks += time.Ticks;
        foreach (Timer timer in _timers.Where(timer => !timer.IsDisposed).ToArray())
        {
            for (; timer.Due <= _ticks; timer.Due += timer.Period.Ticks)
            {
                timer.Fire();
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(() => callback(state), period) { Due = _ticks + dueTime.Ticks };
        _timers.Add(timer);
        return timer;
    }

    private sealed class Timer(Action fire, TimeSpan period) : ITimer
    {
        public TimeSpan Period => period;

        public long Due { get; set; }

        public bool IsDisposed { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => IsDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
