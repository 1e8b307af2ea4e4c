using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// Learns from replay by gradient descent on an objective: samples a mini-batch, performs one update, updates the target network, sends
/// priorities back and publishes the policy. Not thread-safe except where stated.
/// </summary>
public sealed class GradientLearner : ILearner
{
    private readonly LearnerOptions _options;
    private readonly INetwork _network;
    private readonly INetworkUpdate _update;
    private readonly IReplay _replay;
    private readonly IPolicySink _policies;
    private readonly RunCounters _counters;
    private readonly SampledBatch[] _batches;
    private readonly float[] _priorities;
    private long _begun;
    private long _ended;
    private long _version;
    private float _loss;
    private float _meanQ;
    private float _gradientNorm;

    /// <summary>Creates a learner. It owns and disposes the network.</summary>
    /// <param name="options">The learner's options.</param>
    /// <param name="spec">The slot format of the replay.</param>
    /// <param name="network">The network to train.</param>
    /// <param name="objective">What is minimized.</param>
    /// <param name="replay">Provides the mini-batches.</param>
    /// <param name="policies">Receives the policies.</param>
    /// <param name="counters">The run's counters.</param>
    /// <param name="version">The last version published before a resume, or -1.</param>
    /// <param name="random">Creates the random stream of an update, for an <see cref="IRandomObjective"/>.</param>
    public GradientLearner(
        LearnerOptions options,
        SegmentSpec spec,
        INetwork network,
        IObjective objective,
        IReplay replay,
        IPolicySink policies,
        RunCounters counters,
        long version = -1,
        Func<long, Pcg64>? random = null)
    {
        _options = options;
        _network = network;
        _update = network.CreateUpdate(objective, random);
        _replay = replay;
        _policies = policies;
        _counters = counters;
        _version = version;

        // One for each update that can be in flight: the priorities of a batch are sent when its results are available.
        try
        {
            _batches = [.. Enumerable.Range(0, _update.StepsAhead + 1).Select(_ => new SampledBatch(spec, options.BatchSize))];
            _priorities = new float[options.BatchSize];
        }
        catch
        {
            // Out of memory, some of which the update holds.
            _update.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public PolicySpec Policy => _network.Spec;

    /// <inheritdoc/>
    public long PolicyVersion => Volatile.Read(ref _version);

    /// <inheritdoc/>
    public TrainResult LastResult => new(Volatile.Read(ref _loss), Volatile.Read(ref _meanQ), Volatile.Read(ref _gradientNorm));

    /// <inheritdoc/>
    public SampleStatus Step(TimeSpan timeout, CancellationToken cancellationToken)
    {
        SampledBatch batch = _batches[_begun % _batches.Length];
        SampleStatus status = _replay.Sample(batch, timeout, cancellationToken);
        if (status != SampleStatus.Sampled)
        {
            return status;
        }

        var learningRate = (float)_options.LearningRate.At(_counters.EnvironmentSteps);
        _update.Begin(batch, learningRate);
        _begun++;
        EndUpdates(inFlight: _update.StepsAhead);
        _counters.AddUpdate();
        UpdateTarget();
        if (_counters.Updates % _options.PublishPeriod == 0)
        {
            Publish();
        }

        return status;
    }

    /// <inheritdoc/>
    public void Publish()
    {
        EndUpdates(inFlight: 0);
        long version = _version + 1;
        _policies.Publish(version, _network);
        Volatile.Write(ref _version, version);
    }

    /// <inheritdoc/>
    public void Visit(IStateVisitor visitor)
    {
        EndUpdates(inFlight: 0);
        _network.Visit(visitor);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _update.Dispose();
        }
        finally
        {
            _network.Dispose();
        }
    }

    private void UpdateTarget()
    {
        switch (_options.Target)
        {
            case TargetKind.Hard when _counters.Updates % _options.TargetPeriod == 0:
                _network.UpdateTarget(1);
                break;
            case TargetKind.Soft:
                _network.UpdateTarget((float)_options.TargetTau);
                break;
        }
    }

    /// <summary>Reads the results of the oldest updates until only <paramref name="inFlight"/> are left in flight.</summary>
    private void EndUpdates(int inFlight)
    {
        while (_begun - _ended > inFlight)
        {
            SampledBatch batch = _batches[_ended % _batches.Length];
            _ended++;
            TrainResult result = _update.End(_priorities);
            if (_replay.UsesPriorities)
            {
                _replay.UpdatePriorities(batch.Shards, batch.Positions, _priorities);
            }

            Volatile.Write(ref _loss, result.Loss);
            Volatile.Write(ref _meanQ, result.MeanQ);
            Volatile.Write(ref _gradientNorm, result.GradientNorm);
        }
    }
}
