using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// A network of fully connected layers, its target network, its average and its Adam optimizer, in managed SIMD code. Not thread-safe. The same inputs and
/// the same number of threads on the same hardware give bit-identical results. Allocates nothing after construction and the first update.
/// </summary>
public sealed unsafe class MlpNetwork : INetwork, IKernelNetwork
{
    private readonly KernelLayout _layout;
    private readonly KernelSet _kernels;
    private readonly NetworkForward _forward;
    private readonly AlignedFloats _online;
    private readonly AlignedFloats? _target;
    private readonly AlignedFloats? _average;
    private readonly AverageShare _averaging;
    private readonly Adam _adam;
    private readonly float _maxGradientNorm;
    private readonly ThreadTeam? _team;
    private readonly Action<int> _sumRange;
    private readonly Action<int> _stepRange;
    private readonly Action<int> _mixRange;
    private readonly int _ranges;
    private readonly float[] _squares;
    private MlpPass[] _summed = [];
    private int _summedCount;
    private AlignedFloats? _gradient;
    private AdamStep _step;
    private AlignedFloats? _mixed;
    private float _tau;

    /// <summary>
    /// Creates a network with PyTorch's initial parameters (<see cref="LinearInitialization"/>); the target network starts as a copy.
    /// </summary>
    /// <param name="spec">The network.</param>
    /// <param name="options">Target kind, clipping, the constants of Adam and the number of threads; read once.</param>
    /// <param name="random">The random stream for the initial parameters.</param>
    /// <exception cref="ArgumentException">The network has convolutions, or its inputs do not match its observations.</exception>
    public MlpNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random)
        : this(spec, options, random, KernelSet.Best)
    {
    }

    internal MlpNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random, KernelSet kernels)
    {
        Shapes.RequireTrainable(spec);
        Spec = spec;
        _layout = new KernelLayout(spec, kernels);
        _kernels = kernels;
        _forward = new NetworkForward(_layout, kernels, BlockRows);
        _online = new AlignedFloats(_layout.Length);
        _target = options.Target == TargetKind.Off ? null : new AlignedFloats(_layout.Length);
        _averaging = new AverageShare(options.AverageTau);
        _average = options.AverageTau > 0 ? new AlignedFloats(_layout.Length) : null;
        _adam = new Adam(options, kernels, _layout.Length);
        _maxGradientNorm = (float)options.MaxGradientNorm;
        _team = options.Threads > 1 ? new ThreadTeam(options.Threads) : null;
        _ranges = Division.Ranges(_layout.Length, options.Threads);
        _squares = new float[_ranges];
        _sumRange = SumRange;
        _stepRange = StepRange;
        _mixRange = MixRange;

        var parameters = new float[spec.ParameterCount];
        LinearInitialization.Fill(spec, random, parameters);
        WriteParameters(parameters);
        _online.Span.CopyTo(Parameters(NetworkParameters.Target).Span);
        _online.Span.CopyTo((_average ?? _online).Span);
    }

    /// <inheritdoc/>
    public NetworkSpec Spec { get; }

    PolicySpec IQFunction.Spec => Spec;

    KernelLayout IKernelNetwork.Layout => _layout;

    /// <summary>64: one word of a mask.</summary>
    public int BlockRows => 64;

    /// <inheritdoc/>
    public long Steps => _adam.Steps;

    /// <summary>Counts the changes of the online parameters, for what is computed from them.</summary>
    internal long ParameterChanges { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A span is too short, or a discrete observation is out of range.</exception>
    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues)
    {
        Shapes.RequireForward(Spec, observations, count, qValues.Length, Spec.ActionCount);
        fixed (byte* from = observations)
        fixed (float* to = qValues)
        {
            _forward.Values(_online.Pointer, from, count, to);
        }

        // Kernels hold raw pointers into memory that this object owns: it must not be collected while they run.
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public INetworkUpdate CreateUpdate(IObjective objective, Func<long, Pcg64>? random = null) => new HostUpdate(this, objective, random, _team);

    /// <inheritdoc/>
    public INetworkPass CreatePass() => new MlpPass(this, _layout, _kernels);

    /// <inheritdoc/>
    public float SumGradients(ReadOnlySpan<INetworkPass> passes)
    {
        if (_summed.Length < passes.Length)
        {
            _summed = new MlpPass[passes.Length];
        }

        _summedCount = passes.Length;
        for (int i = 0; i < passes.Length; i++)
        {
            _summed[i] = (MlpPass)passes[i];
            _summed[i].CompleteGradient();
        }

        InRanges(_sumRange);
        float square = _squares[0];
        for (int i = 1; i < _ranges; i++)
        {
            square += _squares[i];
        }

        GC.KeepAlive(this);
        return MathF.Sqrt(square);
    }

    /// <inheritdoc/>
    public void Apply(INetworkPass pass, float norm, float learningRate)
    {
        // As torch.nn.utils.clip_grad_norm_: adds 1e-6 to the norm and limits the coefficient to 1.
        float scale = _maxGradientNorm > 0 ? MathF.Min(1f, _maxGradientNorm / (norm + 1e-6f)) : 1f;
        _step = _adam.Begin(scale, learningRate);
        _gradient = ((MlpPass)pass).Gradient;
        InRanges(_stepRange);
        ParameterChanges++;
        if (_average is not null)
        {
            Mix(_averaging.At(_adam.Steps), _average);
        }

        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tau"/> is out of range.</exception>
    public void UpdateTarget(float tau) => Mix(tau, _target);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _layout.Export(_online, parameters);
        GC.KeepAlive(this);
    }

    void IKernelNetwork.CopyParameters(Span<float> parameters)
    {
        _online.Span.CopyTo(parameters);
        GC.KeepAlive(this);
    }

    /// <summary>Replaces the online network's parameters; the target network and the optimizer are unchanged.</summary>
    /// <param name="parameters">The new parameters, [<see cref="PolicySpec.ParameterCount"/>].</param>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        _layout.Import(parameters, _online);
        ParameterChanges++;
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public void Visit(IStateVisitor visitor)
    {
        Visit(visitor, LearnerState.PolicyPrefix, _online);
        Visit(visitor, "target", Parameters(NetworkParameters.Target));
        if (_average is not null)
        {
            Visit(visitor, LearnerState.AveragePrefix, _average);
        }

        Visit(visitor, "adam.exp_avg", _adam.FirstMoment);
        Visit(visitor, "adam.exp_avg_sq", _adam.SecondMoment);
        long steps = _adam.Steps;
        visitor.Number("adam.step", ref steps, least: 0);
        _adam.Steps = steps;
        GC.KeepAlive(this);
    }

    /// <summary>Ends the threads. All memory is garbage-collected.</summary>
    public void Dispose() => _team?.Dispose();

    /// <summary>Divides work on all parameters. Only the norm of a gradient, a sum over all of them, has other bits with another number of ranges.</summary>
    private void InRanges(Action<int> work)
    {
        if (_team is null)
        {
            work(0);
        }
        else
        {
            _team.Run(_ranges, work);
        }
    }

    private void SumRange(int part)
    {
        (int start, int length) = Division.Range(_layout.Length, part, _ranges);
        float* sum = _summed[0].Gradient.Pointer + start;
        for (int i = 1; i < _summedCount; i++)
        {
            _kernels.AddScaled(1, _summed[i].Gradient.Pointer + start, sum, length);
        }

        _squares[part] = _kernels.Dot(sum, sum, length);
    }

    private void StepRange(int part) => _adam.Apply(_step, _online, _gradient!, Division.Range(_layout.Length, part, _ranges));

    private void Mix(float share, AlignedFloats? into)
    {
        Shapes.RequireShare(share);
        if (into is null)
        {
            return;
        }

        _tau = share;
        _mixed = into;
        InRanges(_mixRange);
        GC.KeepAlive(this);
    }

    private void MixRange(int part)
    {
        (int start, int length) = Division.Range(_layout.Length, part, _ranges);
        if (_tau == 1)
        {
            _online.Span.Slice(start, length).CopyTo(_mixed!.Span[start..]);
        }
        else
        {
            _kernels.Mix(_tau, _online.Pointer + start, _mixed!.Pointer + start, length);
        }
    }

    private void Visit(IStateVisitor visitor, string prefix, AlignedFloats buffer)
    {
        float[] values = visitor.Floats(prefix, Spec.Tensors);
        if (!visitor.IsRestoring)
        {
            _layout.Export(buffer, values);
        }
        else if (buffer != _online)
        {
            _layout.Import(values, buffer);
        }
        else if (prefix == LearnerState.PolicyPrefix)
        {
            // Without a target network its place in the state holds the online parameters.
            WriteParameters(values);
        }
    }

    /// <summary>The parameters that a pass uses, in the layout's order.</summary>
    internal AlignedFloats Parameters(NetworkParameters which) => which == NetworkParameters.Target && _target is not null ? _target : _online;
}
