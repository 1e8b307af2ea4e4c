using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// Learns a table from mini-batches, one sample after another: Q(s, a) += rate * (R + d * max_a' Q(s', a') - Q(s, a)). Each learns from the
/// values that the ones before it left, so a target network has no part in it.
/// </summary>
internal sealed class QLearner : ILearner
{
    private readonly LearnerContext _context;
    private readonly SampledBatch _batch;
    private readonly float[] _table;
    private readonly float[] _priorities;
    private long _version;
    private float _loss;
    private float _meanQ;
    private float _norm;

    public QLearner(LearnerContext context)
    {
        _context = context;
        _version = context.Version;
        _batch = new SampledBatch(context.Segments, context.Options.BatchSize);
        _table = new float[context.Policy.ParameterCount];
        _priorities = new float[context.Options.BatchSize];
    }

    public PolicySpec Policy => _context.Policy;

    public long PolicyVersion => Volatile.Read(ref _version);

    public TrainResult LastResult => new(Volatile.Read(ref _loss), Volatile.Read(ref _meanQ), Volatile.Read(ref _norm));

    public SampleStatus Step(TimeSpan timeout, CancellationToken cancellationToken)
    {
        SampleStatus status = _context.Replay.Sample(_batch, timeout, cancellationToken);
        if (status != SampleStatus.Sampled)
        {
            return status;
        }

        Shapes.RequireBatch(Policy, _batch);
        if (NonFinite.FindIn(_batch) is { } fault)
        {
            throw new NonFiniteUpdateException($"update {_context.Counters.Updates + 1} was rejected and not applied: {fault}");
        }

        Learn((float)_context.Options.LearningRate.At(_context.Counters.EnvironmentSteps));
        if (_context.Replay.UsesPriorities)
        {
            _context.Replay.UpdatePriorities(_batch.Shards, _batch.Positions, _priorities);
        }

        _context.Counters.AddUpdate();
        if (_context.Counters.Updates % _context.Options.PublishPeriod == 0)
        {
            Publish();
        }

        return status;
    }

    public void Publish()
    {
        _context.Policies.Publish(_version + 1, _table);
        Volatile.Write(ref _version, _version + 1);
    }

    public void Visit(IStateVisitor visitor)
    {
        float[] values = visitor.Floats(LearnerState.PolicyPrefix, Policy.Tensors);
        if (visitor.IsRestoring)
        {
            values.CopyTo(_table, 0);
        }
        else
        {
            _table.CopyTo(values, 0);
        }
    }

    /// <summary>Does nothing: all memory is garbage-collected.</summary>
    public void Dispose()
    {
    }

    private void Learn(float rate)
    {
        int actions = Policy.ActionCount;
        ReadOnlySpan<int> states = MemoryMarshal.Cast<byte, int>(_batch.Observations);
        ReadOnlySpan<int> next = MemoryMarshal.Cast<byte, int>(_batch.NextObservations);
        double loss = 0;
        double values = 0;
        double squares = 0;
        for (int i = 0; i < _batch.Count; i++)
        {
            ReadOnlySpan<float> choices = _table.AsSpan(next[i] * actions, actions);
            ref float value = ref _table[(states[i] * actions) + _batch.Actions[i]];
            float error = _batch.Returns[i] + (_batch.Discounts[i] * choices[Argmax.First(choices)]) - value;
            float changed = value + (rate * _batch.Weights[i] * error);
            if (!float.IsFinite(error) || !float.IsFinite(changed))
            {
                throw new NonFiniteUpdateException(FormattableString.Invariant(
                    $"update {_context.Counters.Updates + 1} was rejected from sample {i} on, whose error is {error}: the batch is finite, so the table has diverged: a smaller learner.learning_rate or scaled rewards may help"));
            }

            values += value;
            value = changed;
            loss += (double)_batch.Weights[i] * error * error;
            squares += (double)error * error;
            _priorities[i] = MathF.Abs(error);
        }

        Volatile.Write(ref _loss, (float)(loss / _batch.Count));
        Volatile.Write(ref _meanQ, (float)(values / _batch.Count));
        Volatile.Write(ref _norm, (float)(2 * Math.Sqrt(squares) / _batch.Count));
    }
}
