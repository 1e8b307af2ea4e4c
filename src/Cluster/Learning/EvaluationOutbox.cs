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
                // An unreachable run would not keep more of them either.
                _pending.RemoveAt(0);
            }
        }
    }

    /// <summary>The run has acknowledged this point of <see cref="Pending"/> and those before it.</summary>
    public void Acknowledge(EvaluationPoint last)
    {
        lock (_lock)
        {
            _pending.RemoveRange(0, _pending.IndexOf(last) + 1);
        }
    }
}
