using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>Points of the learning curve on their way from the learner to its run. Any thread.</summary>
internal sealed class EvaluationOutbox
{
    private readonly Lock _lock = new();
    private readonly List<EvaluationPoint> _pending = [];
    private EvaluationPoint? _last;

    /// <summary>The newest point; null before the first.</summary>
    public EvaluationPoint? Last
    {
        get
        {
            lock (_lock)
            {
                return _last;
            }
        }
    }

    /// <summary>Points that the run has not acknowledged, oldest first.</summary>
    public IReadOnlyList<EvaluationPoint> Pending
    {
        get
        {
            lock (_lock)
            {
                return [.. _pending];
            }
        }
    }

    /// <summary>Adds a point.</summary>
    public void Add(EvaluationPoint point)
    {
        lock (_lock)
        {
            _last = point;
            _pending.Add(point);
            if (_pending.Count > RunRecordState.MostEvaluations)
            {
                // A run that cannot be reached would keep no more of them either.
                _pending.RemoveAt(0);
            }
        }
    }

    /// <summary>The run has a point of <see cref="Pending"/>, and those before it.</summary>
    public void Acknowledge(EvaluationPoint last)
    {
        lock (_lock)
        {
            _pending.RemoveRange(0, _pending.IndexOf(last) + 1);
        }
    }
}
