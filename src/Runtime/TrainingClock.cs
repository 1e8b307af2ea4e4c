namespace Krewe.Runtime;

/// <summary>Measures the time of training: the clock stops while the run is paused and when the training ends. Thread-safe.</summary>
/// <param name="before">Seconds of training in earlier parts of the run.</param>
/// <param name="time">The clock; null for the system's.</param>
public sealed class TrainingClock(double before, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private TimeSpan _trained;
    private long? _since;
    private bool _ended;

    /// <summary>Seconds of training, including earlier parts of the run.</summary>
    public double Seconds
    {
        get
        {
            lock (_lock)
            {
                return before + Trained.TotalSeconds;
            }
        }
    }

    private TimeSpan Trained => _trained + (_since is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero);

    /// <summary>Starts or pauses the clock; no effect once the training has ended.</summary>
    /// <param name="isTraining">Whether the run trains.</param>
    public void Set(bool isTraining)
    {
        lock (_lock)
        {
            _trained = Trained;
            _since = isTraining && !_ended ? _time.GetTimestamp() : null;
        }
    }

    /// <summary>Stops the clock at the end of the training.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Set(isTraining: false);
        }
    }
}
