using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>
/// Learns from one rollout after another: the lambda returns of the newest values, then a few epochs of regression on them. Checks that no
/// rollout of an actor is missing or repeated.
/// </summary>
internal sealed class PqnLearner : ILearner
{
    private readonly LearnerContext _context;
    private readonly PqnOptions _own;
    private readonly INetwork _network;
    private readonly INetworkPass _pass;
    private readonly INetworkUpdate _update;
    private readonly SegmentBatch _rollout;
    private readonly SampledBatch _batch;
    private readonly float[] _outputs;
    private readonly float[] _values;
    private readonly float[] _discounts;
    private readonly float[] _returns;
    private readonly int[] _order;
    private readonly float[] _priorities;
    private readonly float[] _parameters;
    private readonly Dictionary<int, long> _sequences = [];
    private long _version;
    private long _newest;

    public PqnLearner(LearnerContext context, PqnOptions own)
    {
        _context = context;
        _own = own;
        _version = context.Version;
        _network = context.CreateNetwork((NetworkSpec)context.Policy);
        _pass = _network.CreatePass();
        _update = _network.CreateUpdate(new Regression(TemporalDifference.Of(context.Options)));
        int slots = context.RolloutSlots;
        _rollout = new SegmentBatch(context.Segments, slots);
        _batch = new SampledBatch(context.Segments, context.Options.BatchSize);
        _outputs = new float[_network.BlockRows * _network.Spec.ActionCount];
        _values = new float[slots];
        _discounts = new float[slots];
        _returns = new float[slots];
        _order = new int[slots];
        _priorities = new float[context.Options.BatchSize];
        _parameters = new float[context.Policy.ParameterCount];
    }

    public PolicySpec Policy => _context.Policy;

    public long PolicyVersion => Volatile.Read(ref _version);

    public TrainResult LastResult { get; private set; }

    public SampleStatus Step(TimeSpan timeout, CancellationToken cancellationToken)
    {
        SampleStatus status = _context.Rollouts.Take(_rollout, timeout, cancellationToken);
        if (status == SampleStatus.Sampled)
        {
            CheckOrder();
            Evaluate();
            FillReturns();
            for (int epoch = 0; epoch < _own.Epochs; epoch++)
            {
                Learn();
            }

            Publish();
        }

        return status;
    }

    public void Publish()
    {
        _network.ReadParameters(_parameters);
        _context.Policies.Publish(_version + 1, _parameters);
        Volatile.Write(ref _version, _version + 1);
    }

    public void Visit(IStateVisitor visitor)
    {
        _network.Visit(visitor);
        visitor.Number("pqn.newest_policy", ref _newest);
    }

    public void Dispose()
    {
        _update.Dispose();
        _pass.Dispose();
        _network.Dispose();
    }

    private void CheckOrder()
    {
        // The numbers of an actor that was activated again start far above those of its earlier life.
        if (_sequences.TryGetValue(_rollout.ActorId, out long last) && _rollout.Sequence != last + 1 && _rollout.Sequence >> 20 == last >> 20)
        {
            throw new InvalidOperationException($"rollout {_rollout.Sequence} of actor {_rollout.ActorId} follows {last}");
        }

        _sequences[_rollout.ActorId] = _rollout.Sequence;
        _newest = Math.Max(_newest, _rollout.PolicyVersion);
    }

    /// <summary>max_a Q(s, a) of every slot, final observations included.</summary>
    private void Evaluate()
    {
        int bytes = _context.Segments.ObservationBytes;
        int actions = Policy.ActionCount;
        for (int slot = 0; slot < _rollout.SlotCount; slot += _network.BlockRows)
        {
            int rows = Math.Min(_network.BlockRows, _rollout.SlotCount - slot);
            _pass.Forward(NetworkParameters.Online, _rollout.Observations.Slice(slot * bytes, rows * bytes), rows, _outputs);
            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<float> values = _outputs.AsSpan(row * actions, actions);
                _values[slot + row] = values[Argmax.First(values)];
            }
        }
    }

    private void FillReturns()
    {
        float gamma = (float)_context.Options.Discount;
        int start = 0;
        for (int slot = 0; slot < _rollout.SlotCount; slot++)
        {
            SlotFlags flags = _rollout.Flags[slot];
            if (flags != SlotFlags.Final)
            {
                _discounts[slot] = (flags & SlotFlags.Terminated) != 0 ? 0 : gamma;
                continue;
            }

            // A segment: its steps, then the final observation. The observation after a step is in the next slot.
            int steps = slot - start;
            LambdaReturns.Fill(
                _rollout.Rewards.Slice(start, steps), _discounts.AsSpan(start, steps), _values.AsSpan(start + 1, steps), _own.Lambda, _returns.AsSpan(start, steps));
            start = slot + 1;
        }
    }

    private void Learn()
    {
        int steps = 0;
        for (int slot = 0; slot < _rollout.SlotCount; slot++)
        {
            if (_rollout.Flags[slot] != SlotFlags.Final)
            {
                _order[steps++] = slot;
            }
        }

        Shuffle(_order.AsSpan(0, steps));
        int bytes = _context.Segments.ObservationBytes;
        for (int at = 0; at < steps; at += _batch.Capacity)
        {
            _batch.Resize(Math.Min(_batch.Capacity, steps - at));
            _batch.NextObservations.Clear();
            _batch.Discounts.Clear();
            _batch.Weights.Fill(1);
            for (int i = 0; i < _batch.Count; i++)
            {
                int slot = _order[at + i];
                _rollout.Observations.Slice(slot * bytes, bytes).CopyTo(_batch.Observations[(i * bytes)..]);
                _batch.Actions[i] = _rollout.Actions[slot];
                _batch.Returns[i] = _returns[slot];
            }

            _update.Begin(_batch, (float)_context.Options.LearningRate.At(_context.Counters.EnvironmentSteps));
            LastResult = _update.End(_priorities);
            _context.Counters.AddUpdate();
        }
    }

    private void Shuffle(Span<int> order)
    {
        Pcg64 random = _context.Random(_context.Counters.Updates);
        for (int i = order.Length - 1; i > 0; i--)
        {
            int j = random.NextInt(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }

    private sealed class Regression(TemporalDifference loss) : IObjective
    {
        public ImmutableArray<ForwardPass> Passes => [];

        public void Evaluate(in ObjectiveBlock block)
        {
            for (int row = 0; row < block.Rows; row++)
            {
                loss.Evaluate(block, row, bootstrap: 0);
            }
        }
    }
}
