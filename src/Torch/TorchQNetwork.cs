using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// A Q-network with its target network and optimizer on TorchSharp: the DQN update of Mnih et al. 2015, the same as the managed backend's,
/// for every layer of <see cref="NetworkSpec"/>, on the CPU or a GPU. Not thread-safe.
/// </summary>
/// <remarks>
/// On a GPU, the next update is queued before the results of the last one are read (<see cref="StepsAhead"/>), so the device never waits
/// for the host. The device decides whether to apply an update: only if its loss and gradient are finite.
/// </remarks>
public sealed class TorchQNetwork : ITrainableQNetwork
{
    private readonly Device _device;
    private readonly TorchForward _forward;
    private readonly TorchUpdate _update;
    private readonly UpdateSlots _slots;
    private ObservationStage? _asked;
    private int _askedRows;

    /// <summary>
    /// Creates a network with PyTorch's initial parameters, equal to those of the managed backend from the same random stream. The target
    /// network starts equal to the online network.
    /// </summary>
    /// <param name="spec">The network.</param>
    /// <param name="options">Loss, target kind, clipping, Adam's constants, device and threads.</param>
    /// <param name="random">The stream of the initial parameters.</param>
    /// <param name="say">Receives a line for the log if <c>auto</c> falls back to the CPU; may be null.</param>
    /// <exception cref="ArgumentException">The network's inputs do not match its observations.</exception>
    /// <exception cref="KreweException">libtorch cannot be loaded, the device does not exist, or it has too little memory.</exception>
    public TorchQNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random, Action<string>? say = null)
        : this(spec, options, random, Choose(options.Device, say), stepsAhead: null)
    {
    }

    internal TorchQNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random, Device device, int? stepsAhead)
    {
        Shapes.RequireInputs(spec);
        LibTorch.Load();
        TorchThreads.Set(options.Threads);
        Spec = spec;
        StepsAhead = stepsAhead ?? (device.type == DeviceType.CPU ? 0 : 1);
        _device = device;
        _forward = new TorchForward(spec);
        _slots = new UpdateSlots(spec, device, StepsAhead + 1);
        try
        {
            _update = new TorchUpdate(spec, options, _forward, device);
        }
        catch (ExternalException e) when (DeviceMemory.IsExhausted(e))
        {
            throw DeviceMemory.Exhausted(spec, options.BatchSize, device.ToString(), e);
        }

        var parameters = new float[spec.ParameterCount];
        LinearInitialization.Fill(spec, random, parameters);
        WriteParameters(parameters);
        _update.Target?.Flat.copy_(_update.Online.Flat);
    }

    /// <inheritdoc/>
    public NetworkSpec Spec { get; }

    /// <inheritdoc/>
    public int StepsAhead { get; }

    /// <summary>The device that computes, for example <c>cuda:0</c>.</summary>
    public string Device => _device.ToString();

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
            _asked = new ObservationStage(Spec, count, _device);
            _askedRows = count;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _asked!.Fill(observations[..(count * Spec.ObservationBytes)]);
        Tensor values = _forward.Run(_update.Online, _asked.Tensor).contiguous().cpu();
        MemoryMarshal.Cast<byte, float>(values.bytes).CopyTo(qValues);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch does not match the network, or an action or a discrete observation is out of range.</exception>
    /// <exception cref="KreweException">The device is out of memory.</exception>
    public void Begin(SampledBatch batch, float learningRate)
    {
        Shapes.RequireBatch(Spec, batch, batch.Count);
        Shapes.RequireLearningRate(learningRate);
        try
        {
            // A slot outlives the update, so it is taken outside the scope that disposes the update's tensors.
            UpdateSlots.Slot slot = _slots.Take(batch.Count);
            long step = _update.Adam.Steps + 1;
            using DisposeScope scope = NewDisposeScope();
            if (StepsAhead == 0)
            {
                _update.Apply(slot, batch, learningRate);
            }
            else
            {
                _update.Queue(slot, batch, learningRate);
            }

            _slots.Add(slot, step, batch);
        }
        catch (ExternalException e) when (DeviceMemory.IsExhausted(e))
        {
            throw DeviceMemory.Exhausted(Spec, batch.Count, Device, e);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="tdErrors"/> is shorter than the batch.</exception>
    /// <exception cref="InvalidOperationException">No update is pending.</exception>
    /// <exception cref="KreweException">The loss or the gradient is not finite, or the device does not respond.</exception>
    public TrainResult End(Span<float> tdErrors)
    {
        UpdateSlots.Pending pending = _slots.Next();
        Readback read = pending.Slot.Readback;
        read.Wait();
        if (tdErrors.Length < read.Errors.Length)
        {
            throw new ArgumentException($"a batch of {read.Errors.Length} has {read.Errors.Length} TD errors, the output has room for {tdErrors.Length}");
        }

        read.Errors.CopyTo(tdErrors);
        TrainResult result = _update.Result(pending.Slot);
        if (!NonFinite.IsNone(result))
        {
            // A queued update is counted as a step before it is known whether the device applies it.
            _update.Adam.Steps -= StepsAhead > 0 ? 1 : 0;
            throw NonFinite.Create(pending.Step, result, pending.Batch);
        }

        return result;
    }

    /// <inheritdoc/>
    public void UpdateTarget(float tau)
    {
        Shapes.RequireShare(tau);
        if (_update.Target is not { } target)
        {
            return;
        }

        using IDisposable noGradient = no_grad();
        if (tau == 1)
        {
            target.Flat.copy_(_update.Online.Flat);
        }
        else
        {
            using Scalar keep = 1 - tau;
            using Scalar take = tau;
            target.Flat.mul_(keep).add_(_update.Online.Flat, take);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        TorchParameters.Read(_update.Online.Flat, parameters);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        TorchParameters.Write(parameters, _update.Online.Flat);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state belongs to another network.</exception>
    public void ReadState(QNetworkState state)
    {
        Shapes.RequireSame(Spec, state.Spec);
        ReadParameters(state.Online);
        TorchParameters.Read((_update.Target ?? _update.Online).Flat, state.Target);
        TorchParameters.Read(_update.Adam.FirstMoment, state.FirstMoment);
        TorchParameters.Read(_update.Adam.SecondMoment, state.SecondMoment);
        state.OptimizerSteps = _update.Adam.Steps;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state belongs to another network.</exception>
    public void WriteState(QNetworkState state)
    {
        Shapes.RequireSame(Spec, state.Spec);
        WriteParameters(state.Online);
        if (_update.Target is { } target)
        {
            TorchParameters.Write(state.Target, target.Flat);
        }

        TorchParameters.Write(state.FirstMoment, _update.Adam.FirstMoment);
        TorchParameters.Write(state.SecondMoment, _update.Adam.SecondMoment);
        _update.Adam.Steps = state.OptimizerSteps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slots.Dispose();
        _asked?.Dispose();
        _update.Dispose();
        _forward.Dispose();
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
