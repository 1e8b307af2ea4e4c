using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// A network with its target network and optimizer on TorchSharp, for every layer of <see cref="NetworkSpec"/>, on the CPU or a GPU. Not
/// thread-safe.
/// </summary>
public sealed class TorchNetwork : INetwork
{
    // torch.nn.utils.clip_grad_norm_ adds this to the norm.
    private const double ClippingEpsilon = 1e-6;

    private readonly LearnerOptions _options;
    private readonly TorchForward _forward;
    private readonly Tensor _gradient;
    private readonly Scalar _clippingEpsilon = ClippingEpsilon;
    private readonly Scalar _maxGradientNorm;
    private readonly int? _stepsAhead;
    private ObservationStage? _asked;
    private int _askedRows;
    private TorchPass? _summing;

    /// <summary>
    /// Creates a network with PyTorch's initial parameters, equal to those of the managed backend from the same random stream. The target
    /// network starts equal to the online network.
    /// </summary>
    /// <param name="spec">The network.</param>
    /// <param name="options">Target kind, clipping, Adam's constants, device and threads.</param>
    /// <param name="random">The stream of the initial parameters.</param>
    /// <param name="say">Receives a line for the log when <c>auto</c> chooses the CPU because there is no GPU; may be null.</param>
    /// <exception cref="ArgumentException">The network's inputs do not fit its observations.</exception>
    /// <exception cref="KreweException">libtorch cannot be loaded, the device does not exist, or it has too little memory.</exception>
    public TorchNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random, Action<string>? say = null)
        : this(spec, options, random, Choose(options.Device, say), stepsAhead: null)
    {
    }

    internal TorchNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random, Device device, int? stepsAhead)
    {
        Shapes.RequireInputs(spec);
        LibTorch.Load();
        TorchThreads.Set(options.Threads);
        Spec = spec;
        TorchDevice = device;
        _options = options;
        _stepsAhead = stepsAhead;
        _forward = new TorchForward(spec);
        _maxGradientNorm = options.MaxGradientNorm;
        try
        {
            _gradient = zeros(spec.ParameterCount, dtype: ScalarType.Float32, device: device);
            Online = new TorchParameters(spec, device, _gradient);
            Target = options.Target == TargetKind.Off ? null : new TorchParameters(spec, device);
            Average = options.AverageTau > 0 ? new TorchParameters(spec, device) : null;
            Adam = new TorchAdam(options, spec.ParameterCount, device);
        }
        catch (ExternalException e) when (DeviceMemory.IsExhausted(e))
        {
            throw DeviceMemory.Exhausted(spec, options.BatchSize, device.ToString(), e);
        }

        var parameters = new float[spec.ParameterCount];
        LinearInitialization.Fill(spec, random, parameters);
        WriteParameters(parameters);
        Target?.Flat.copy_(Online.Flat);
        Average?.Flat.copy_(Online.Flat);
    }

    /// <inheritdoc/>
    public NetworkSpec Spec { get; }

    PolicySpec IQFunction.Spec => Spec;

    /// <summary>The batch size of the options: a device works best on whole batches.</summary>
    public int BlockRows => _options.BatchSize;

    /// <inheritdoc/>
    public long Steps => Adam.Steps;

    /// <summary>The device that computes, for example <c>cuda:0</c>.</summary>
    public string Device => TorchDevice.ToString();

    internal Device TorchDevice { get; }

    /// <summary>Parameters of the online network.</summary>
    internal TorchParameters Online { get; }

    /// <summary>Parameters of the target network; null where the options have none and the online network takes its place.</summary>
    internal TorchParameters? Target { get; }

    /// <summary>The average of the online parameters over time; null where the options have none.</summary>
    internal TorchParameters? Average { get; }

    /// <summary>The optimizer.</summary>
    internal TorchAdam Adam { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A span is too short, or a discrete observation is out of range.</exception>
    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues)
    {
        Shapes.RequireForward(Spec, observations, count, qValues.Length, Spec.ActionCount);
        if (count == 0)
        {
            return;
        }

        if (_askedRows != count)
        {
            _asked?.Dispose();
            _asked = new ObservationStage(Spec, count, TorchDevice);
            _askedRows = count;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _asked!.Fill(observations[..(count * Spec.ObservationBytes)]);
        Read(_forward.Expectation(_forward.Run(Online, _asked.Tensor)), qValues);
    }

    /// <inheritdoc/>
    /// <remarks>An objective without a twin in libtorch is evaluated on the host, for which each update waits.</remarks>
    public INetworkUpdate CreateUpdate(IObjective objective, Func<long, Pcg64>? random = null) => TwinOfAttribute.Create(objective) is { } twin
        ? new TorchUpdate(this, objective, twin, _stepsAhead ?? (TorchDevice.type == DeviceType.CPU ? 0 : 1))
        : new HostUpdate(this, objective, random);

    /// <inheritdoc/>
    public INetworkPass CreatePass() => new TorchPass(this);

    /// <inheritdoc/>
    public float SumGradients(ReadOnlySpan<INetworkPass> passes)
    {
        using Tensor norm = _gradient.norm();
        return norm.item<float>();
    }

    /// <inheritdoc/>
    public void Apply(INetworkPass pass, float norm, float learningRate)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Step(norm, learningRate);
    }

    /// <inheritdoc/>
    public void UpdateTarget(float tau) => Mix(tau, Target);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        TorchParameters.Read(Online.Flat, parameters);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        TorchParameters.Write(parameters, Online.Flat);
    }

    /// <inheritdoc/>
    public void Visit(IStateVisitor visitor)
    {
        Visit(visitor, LearnerState.PolicyPrefix, Online.Flat);
        Visit(visitor, "target", (Target ?? Online).Flat);
        if (Average is not null)
        {
            Visit(visitor, LearnerState.AveragePrefix, Average.Flat);
        }

        Visit(visitor, "adam.exp_avg", Adam.FirstMoment);
        Visit(visitor, "adam.exp_avg_sq", Adam.SecondMoment);
        long steps = Adam.Steps;
        visitor.Number("adam.step", ref steps, least: 0);
        Adam.Steps = steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _asked?.Dispose();
        Online.Dispose();
        Target?.Dispose();
        Average?.Dispose();
        Adam.Dispose();
        _gradient.Dispose();
        _clippingEpsilon.Dispose();
        _maxGradientNorm.Dispose();
        _forward.Dispose();
    }

    /// <summary>Copies a tensor of float32 to the host.</summary>
    internal static void Read(Tensor tensor, Span<float> values)
    {
        using Tensor here = tensor.contiguous().cpu();
        MemoryMarshal.Cast<byte, float>(here.bytes).CopyTo(values);
    }

    /// <summary>Outputs of all actions, [rows, A, W].</summary>
    internal Tensor Run(NetworkParameters parameters, Tensor observations) =>
        _forward.Run(parameters == NetworkParameters.Target && Target is { } target ? target : Online, observations);

    /// <summary>Outputs of one action a row, [rows, W], with a gradient.</summary>
    internal Tensor RunChosen(Tensor observations, Tensor actions)
    {
        Tensor outputs = _forward.Run(Online, observations);
        long width = Spec.Head.Outputs;
        return outputs.gather(1, actions.unsqueeze(2).expand(-1, -1, width)).squeeze(1);
    }

    internal void ClearGradient() => _gradient.zero_();

    /// <summary>Starts a new gradient of a pass.</summary>
    internal void ClearGradient(TorchPass pass)
    {
        _summing = pass;
        ClearGradient();
    }

    /// <summary>Throws unless the gradient is the pass's: there is one gradient for all.</summary>
    /// <exception cref="InvalidOperationException">Another pass, or an update, has started a gradient since.</exception>
    internal void RequireGradientOf(TorchPass pass)
    {
        if (_summing != pass)
        {
            throw new InvalidOperationException("a network on torch has one gradient: another pass has started one since this pass cleared its own");
        }
    }

    /// <summary>Adds to the gradient.</summary>
    internal static void Accumulate(Tensor outputs, Tensor outputGradients) => autograd.backward(outputs, outputGradients);

    /// <summary>Replaces the gradient.</summary>
    /// <returns>Its norm, [].</returns>
    internal Tensor Backward(Tensor outputs, Tensor outputGradients)
    {
        ClearGradient();
        Accumulate(outputs, outputGradients);
        return _gradient.norm();
    }

    /// <summary>Clips the gradient and takes a step.</summary>
    internal void Step(float norm, float learningRate)
    {
        using IDisposable noGradient = no_grad();
        double scale = _options.MaxGradientNorm > 0 ? Math.Min(1, _options.MaxGradientNorm / (norm + ClippingEpsilon)) : 1;
        Adam.Step(Online.Flat, _gradient, scale, learningRate);
        FollowOnline();
    }

    /// <summary>Clips the gradient and takes a step if the device finds that it may, without waiting for the device.</summary>
    internal void StepIf(Tensor isFinite, Tensor norm, Tensor zero, float learningRate)
    {
        Tensor clipped = _options.MaxGradientNorm > 0
            ? _gradient * norm.add(_clippingEpsilon, Scalars.One).reciprocal_().mul_(_maxGradientNorm).clamp_(max: Scalars.One)
            : _gradient;
        Adam.StepIf(Online.Flat, torch.where(isFinite, clipped, zero), isFinite.to(ScalarType.Float32), learningRate);
        FollowOnline();
    }

    private void FollowOnline()
    {
        if (Average is not null)
        {
            Mix(new AverageShare(_options.AverageTau).At(Adam.Steps), Average);
        }
    }

    private void Mix(float share, TorchParameters? into)
    {
        Shapes.RequireShare(share);
        if (into is null)
        {
            return;
        }

        using IDisposable noGradient = no_grad();
        if (share == 1)
        {
            into.Flat.copy_(Online.Flat);
        }
        else
        {
            using Scalar keep = 1 - share;
            using Scalar take = share;
            into.Flat.mul_(keep).add_(Online.Flat, take);
        }
    }

    private void Visit(IStateVisitor visitor, string prefix, Tensor flat)
    {
        float[] values = visitor.Floats(prefix, Spec.Tensors);
        if (!visitor.IsRestoring)
        {
            TorchParameters.Read(flat, values);
        }
        else if (!ReferenceEquals(flat, Online.Flat) || prefix == LearnerState.PolicyPrefix)
        {
            // Without a target network its place in the state holds the online parameters.
            TorchParameters.Write(values, flat);
        }
    }

    private static Device Choose(string name, Action<string>? say)
    {
        (Device device, string? note) = TorchDevices.Resolve(name);
        if (note is not null)
        {
            say?.Invoke(note);
        }

        return device;
    }
}
