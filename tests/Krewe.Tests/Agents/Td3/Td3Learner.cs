using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>
/// Two critics and a policy: both critics learn R + d min_i Q'_i(s', pi'(s') + clipped noise); every second update the policy climbs
/// Q_1(s, pi(s)), and the targets follow. A mini-batch is one block of rows.
/// </summary>
internal sealed class Td3Learner : ILearner
{
    private const int Delay = 2;
    private const double NoiseScale = 0.2;
    private const double NoiseClip = 0.5;

    private readonly LearnerContext _context;
    private readonly BoundedActions _bounded;
    private readonly INetwork _policy;
    private readonly INetworkPass _policyPass;
    private readonly Td3Critic[] _critics;
    private readonly SampledBatch _batch;
    private readonly float[] _outputs;
    private readonly float[] _actions;
    private readonly float[] _actionGradients;
    private readonly float[][] _values;
    private readonly float[] _targets;
    private readonly float[] _gradients;
    private readonly float[] _parameters;
    private long _version;

    public Td3Learner(LearnerContext context)
    {
        _context = context;
        _version = context.Version;
        _bounded = new BoundedActions((BoxSpace)context.Environment.ActionSpace);
        _policy = context.CreateNetwork((NetworkSpec)context.Policy);
        _policyPass = _policy.CreatePass();
        _critics = [new Td3Critic(context), new Td3Critic(context)];

        // The policy goes back through a row for each element of each action.
        int rows = Math.Min(context.Options.BatchSize, _policy.BlockRows / _bounded.Length);
        _batch = new SampledBatch(context.Segments, rows);
        _outputs = new float[rows * _bounded.Length];
        _actions = new float[rows * _bounded.Length];
        _actionGradients = new float[rows * _bounded.Length];
        _values = [new float[rows], new float[rows]];
        _targets = new float[rows];
        _gradients = new float[rows];
        _parameters = new float[context.Policy.ParameterCount];
    }

    public PolicySpec Policy => _context.Policy;

    public long PolicyVersion => Volatile.Read(ref _version);

    public TrainResult LastResult { get; private set; }

    public SampleStatus Step(TimeSpan timeout, CancellationToken cancellationToken)
    {
        SampleStatus status = _context.Replay.Sample(_batch, timeout, cancellationToken);
        if (status != SampleStatus.Sampled)
        {
            return status;
        }

        float rate = (float)_context.Options.LearningRate.At(_context.Counters.EnvironmentSteps);
        FillTargets();
        LastResult = LearnValues(rate);
        if (_context.Counters.Updates % Delay == 0)
        {
            LearnPolicy(rate);
            float tau = (float)_context.Options.TargetTau;
            _policy.UpdateTarget(tau);
            Array.ForEach(_critics, critic => critic.UpdateTarget(tau));
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
        _policy.ReadParameters(_parameters);
        _context.Policies.Publish(_version + 1, _parameters);
        Volatile.Write(ref _version, _version + 1);
    }

    public void Visit(IStateVisitor visitor)
    {
        _policy.Visit(visitor);
        _critics[0].Visit(visitor.Of("critic.0"));
        _critics[1].Visit(visitor.Of("critic.1"));
    }

    public void Dispose()
    {
        _policyPass.Dispose();
        _policy.Dispose();
        Array.ForEach(_critics, critic => critic.Dispose());
    }

    private void FillTargets()
    {
        Pcg64 random = _context.Random(_context.Counters.Updates);
        _policyPass.Forward(NetworkParameters.Target, _batch.NextObservations, _batch.Count, _outputs);
        for (int i = 0; i < _outputs.Length; i++)
        {
            double noise = Math.Clamp(NoiseScale * BoundedActions.Normal(random), -NoiseClip, NoiseClip);
            _actions[i] = _bounded.Of(_outputs[i], i % _bounded.Length, noise);
        }

        for (int i = 0; i < _critics.Length; i++)
        {
            _critics[i].Forward(NetworkParameters.Target, _batch.NextObservations, _actions, _values[i]);
        }

        for (int row = 0; row < _batch.Count; row++)
        {
            float bootstrap = _batch.Discounts[row] == 0 ? 0 : _batch.Discounts[row] * MathF.Min(_values[0][row], _values[1][row]);
            _targets[row] = _batch.Returns[row] + bootstrap;
        }
    }

    private TrainResult LearnValues(float rate)
    {
        double loss = 0;
        double values = 0;
        float norm = 0;
        foreach (Td3Critic critic in _critics)
        {
            critic.ClearGradient();
            critic.ForwardChosen(_batch.Observations, MemoryMarshal.Cast<byte, float>(_batch.ActionBytes), _values[0]);
            for (int row = 0; row < _batch.Count; row++)
            {
                float error = _targets[row] - _values[0][row];
                loss += (double)error * error / _batch.Count;
                values += _values[0][row] / (2.0 * _batch.Count);
                _gradients[row] = -2 * error / _batch.Count;
            }

            critic.Backward(_gradients, []);
            norm = critic.Apply(rate);
        }

        return new TrainResult((float)loss, (float)values, norm);
    }

    /// <summary>One step up Q_1(s, pi(s)): back through the critic to the action, and from there through the policy.</summary>
    private void LearnPolicy(float rate)
    {
        int length = _bounded.Length;
        int each = _context.Segments.ObservationBytes;
        int rows = _batch.Count * length;
        var observations = new byte[rows * each];
        var elements = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            _batch.Observations.Slice(row / length * each, each).CopyTo(observations.AsSpan(row * each));
            elements[row] = row % length;
        }

        _policyPass.ClearGradient();
        _policyPass.ForwardChosen(observations, elements, _outputs);
        for (int i = 0; i < rows; i++)
        {
            _actions[i] = _bounded.Of(_outputs[i], elements[i]);
        }

        _critics[0].ForwardChosen(_batch.Observations, _actions, _values[0]);
        Array.Fill(_gradients, -1f / _batch.Count);
        _critics[0].ClearGradient();
        _critics[0].Backward(_gradients, _actionGradients);
        for (int i = 0; i < rows; i++)
        {
            _actionGradients[i] *= _bounded.Slope(_outputs[i], elements[i]);
        }

        _policyPass.Backward(observations, elements, _actionGradients);
        float norm = _policy.SumGradients([_policyPass]);
        _policy.Apply(_policyPass, norm, rate);
    }
}
