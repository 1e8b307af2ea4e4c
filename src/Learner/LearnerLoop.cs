using Krewe.Contracts;


namespace Krewe.Learner;

/// <summary>
/// The one learner: samples a mini-batch, does one update, moves the target network, sends priorities back and publishes the policy.
/// It never waits by itself beyond the timeout that it is given. One owner, one thread; members that say so may be read from any.
/// </summary>
public sealed class LearnerLoop : IDisposable
{
    private readonly LearnerOptions _options;
    private readonly ITrainableQNetwork _network;
    private readonly IReplay _replay;
    private readonly IPolicySink _policies;
    private readonly RunCounters _counters;
    private readonly SampledBatch[] _batches;
    private readonly float[] _tdErrors;
    private readonly float[] _parameters;
    private long _begun;
    private long _ended;
    private long _version;
    private float _loss;
    private float _meanQ;
    private float _gradientNorm;

    /// <summary>Makes a learner. It owns the network and disposes it.</summary>
    /// <param name="options">The learner's options.</param>
    /// <param name="spec">What a slot of the replay holds.</param>
    /// <param name="network">The network to train.</param>
    /// <param name="replay">Where mini-batches come from.</param>
    /// <param name="policies">Where policies are published.</param>
    /// <param name="counters">The run's counters.</param>
    /// <param name="version">The version published last before a resume, or -1.</param>
    public LearnerLoop(
        LearnerOptions options,
        SegmentSpec spec,
        ITrainableQNetwork network,
        IReplay replay,
        IPolicySink policies,
        RunCounters counters,
        long version = -1)
    {
        _options = options;
        _network = network;
        _replay = replay;
        _policies = policies;
        _counters = counters;
        _version = version;

        // One for each update that can be under way: priorities are sent for a batch when its results are there.
        _batches = [.. Enumerable.Range(0, network.StepsAhead + 1).Select(_ => new SampledBatch(spec, options.BatchSize))];
        _tdErrors = new float[options.BatchSize];
        _parameters = new float[network.Spec.ParameterCount];
    }

    /// <summary>The version published last; any thread may read it.</summary>
    public long PolicyVersion => Volatile.Read(ref _version);

    /// <summary>What the last update did; any thread may read it, the three numbers may then belong to two updates.</summary>
    public TrainResult LastResult => new(Volatile.Read(ref _loss), Volatile.Read(ref _meanQ), Volatile.Read(ref _gradientNorm));

    /// <summary>Samples and does one update.</summary>
    /// <param name="timeout">How long to wait for samples at most; zero only tries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether an update was done, and if not, why.</returns>
    /// <exception cref="NonFiniteUpdateException">The update would not have been finite; it was not applied.</exception>
    public SampleStatus Step(TimeSpan timeout, CancellationToken cancellationToken)
    {
        SampledBatch batch = _batches[_begun % _batches.Length];
        SampleStatus status = _replay.Sample(batch, timeout, cancellationToken);
        if (status != SampleStatus.Sampled)
        {
            return status;
        }

        var learningRate = (float)_options.LearningRate.At(_counters.EnvironmentSteps);
        _network.Begin(batch, learningRate);
        _begun++;
        EndUpdates(underWay: _network.StepsAhead);
        _counters.AddUpdate();
        UpdateTarget();
        if (_counters.Updates % _options.PublishPeriod == 0)
        {
            Publish();
        }

        return status;
    }

    /// <summary>Publishes the online network under the next version.</summary>
    /// <exception cref="NonFiniteUpdateException">An update that was still under way is not finite.</exception>
    public void Publish()
    {
        EndUpdates(underWay: 0);
        _network.ReadParameters(_parameters);
        long version = _version + 1;
        _policies.Publish(version, _parameters);
        Volatile.Write(ref _version, version);
    }

    /// <summary>Copies the state of network, target network and optimizer.</summary>
    /// <param name="state">Receives it.</param>
    public void Capture(QNetworkState state)
    {
        EndUpdates(underWay: 0);
        _network.ReadState(state);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

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

    /// <summary>Reads the results of all updates that were begun but for the last ones.</summary>
    private void EndUpdates(int underWay)
    {
        while (_begun - _ended > underWay)
        {
            SampledBatch batch = _batches[_ended % _batches.Length];
            _ended++;
            TrainResult result = _network.End(_tdErrors);
            if (_replay.UsesPriorities)
            {
                SendPriorities(batch);
            }

            Volatile.Write(ref _loss, result.Loss);
            Volatile.Write(ref _meanQ, result.MeanQ);
            Volatile.Write(ref _gradientNorm, result.GradientNorm);
        }
    }

    private void SendPriorities(SampledBatch batch)
    {
        for (int i = 0; i < _tdErrors.Length; i++)
        {
            _tdErrors[i] = Math.Abs(_tdErrors[i]);
        }

        _replay.UpdatePriorities(batch.Shards, batch.Positions, _tdErrors);
    }
}
