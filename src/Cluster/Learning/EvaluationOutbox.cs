using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>Points of the learning curve that the learner has yet to report to its run. Thread-safe.</summary>
internal sealed class EvaluationOutbox
{
    private readonly Lock _lock = new();
    private readonly List<EvaluationPoint> _pending = [];

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
            _pending.Add(point);
            if (_pending.Count > RunRecordState.MostEvaluations)
            {
                // The run does not keep more of them either.
                _pending.RemoveAt(0);
            }
        }
    }

    /// <summary>Removes this point and those before it from <see cref="Pending"/>: the run has acknowledged them.</summary>
    public void Acknowledge(EvaluationPoint last)
    {
        lock (_lock)
        {
            _pending.RemoveRange(0, _pending.IndexOf(last) + 1);
        }
    }
}
