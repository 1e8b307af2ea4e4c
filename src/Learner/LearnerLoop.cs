using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>
/// The learner: samples a mini-batch, performs one update, updates the target network, sends priorities back and publishes the policy. It
/// never waits longer than the given timeout. Not thread-safe except where stated.
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

    /// <summary>Creates a learner. It owns and disposes the network.</summary>
    /// <param name="options">The learner's options.</param>
    /// <param name="spec">The slot format of the replay.</param>
    /// <param name="network">The network to train.</param>
    /// <param name="replay">Provides the mini-batches.</param>
    /// <param name="policies">Receives the policies.</param>
    /// <param name="counters">The run's counters.</param>
    /// <param name="version">The last version published before a resume, or -1.</param>
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

        // One for each update that can be in flight: the priorities of a batch are sent when its results are available.
        _batches = [.. Enumerable.Range(0, network.StepsAhead + 1).Select(_ => new SampledBatch(spec, options.BatchSize))];
        _tdErrors = new float[options.BatchSize];
        _parameters = new float[network.Spec.ParameterCount];
    }

    /// <summary>The last published version. Thread-safe.</summary>
    public long PolicyVersion => Volatile.Read(ref _version);

    /// <summary>The result of the last update. Thread-safe, but on another thread the three numbers may belong to two updates.</summary>
    public TrainResult LastResult => new(Volatile.Read(ref _loss), Volatile.Read(ref _meanQ), Volatile.Read(ref _gradientNorm));

    /// <summary>Samples a mini-batch and performs one update.</summary>
    /// <param name="timeout">The maximum time to wait for samples; zero does not wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns><see cref="SampleStatus.Sampled"/> if an update was performed, otherwise the reason why not.</returns>
    /// <exception cref="NonFiniteUpdateException">An update is not finite and was not applied.</exception>
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
        EndUpdates(inFlight: _network.StepsAhead);
        _counters.AddUpdate();
        UpdateTarget();
        if (_counters.Updates % _options.PublishPeriod == 0)
        {
            Publish();
        }

        return status;
    }

    /// <summary>Publishes the online network as the next version.</summary>
    /// <exception cref="NonFiniteUpdateException">An update that was still in flight is not finite.</exception>
    public void Publish()
    {
        EndUpdates(inFlight: 0);
        _network.ReadParameters(_parameters);
        long version = _version + 1;
        _policies.Publish(version, _parameters);
        Volatile.Write(ref _version, version);
    }

    /// <summary>Copies the state of the network, the target network and the optimizer.</summary>
    /// <param name="state">Receives the state.</param>
    public void Capture(QNetworkState state)
    {
        EndUpdates(inFlight: 0);
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

    /// <summary>Reads the results of the oldest updates until only <paramref name="inFlight"/> are left in flight.</summary>
    private void EndUpdates(int inFlight)
    {
        while (_begun - _ended > inFlight)
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
