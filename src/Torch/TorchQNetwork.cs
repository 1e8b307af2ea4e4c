using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// A Q-network with its target network and optimizer on TorchSharp: the DQN update of Mnih et al. 2015 as the managed backend does it,
/// for every layer of <see cref="NetworkSpec"/>, on the CPU or a GPU. Not thread-safe: one caller at a time.
/// </summary>
/// <remarks>
/// On a GPU one update more is queued before the results of the one before are read (<see cref="StepsAhead"/>), so that the device
/// never waits for the host: whether an update may be applied, since all its numbers are finite, is decided on the device.
/// </remarks>
public sealed class TorchQNetwork : ITrainableQNetwork
{
    private static readonly long[] Actions = [1];
    private readonly Device _device;
    private readonly LearnerOptions _options;
    private readonly TemporalDifference _loss;
    private readonly TorchForward _forward;
    private readonly Tensor _gradient;
    private readonly Tensor _nothing;
    private readonly TorchParameters _online;
    private readonly TorchParameters? _target;
    private readonly TorchAdam _adam;
    private readonly Queue<Pending> _pending = [];
    private readonly Slot[] _slots;
    private ObservationStage? _asked;
    private int _askedRows;
    private long _updates;

    /// <summary>Creates a network with PyTorch's initial parameters, the same as the managed backend's from the same stream; the target starts equal.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="options">Loss, target kind, clipping, Adam's constants, device and threads; read once.</param>
    /// <param name="random">Draws the initial parameters.</param>
    /// <param name="say">Told when the device was chosen for want of another; null for nobody.</param>
    /// <exception cref="ArgumentException">The network's inputs do not fit its observations.</exception>
    /// <exception cref="KreweException">There is no libtorch, no such device, or not enough memory on it.</exception>
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
        _options = options;
        _loss = new TemporalDifference(options.Loss, (float)options.HuberDelta);
        _forward = new TorchForward(spec);
        _slots = new Slot[StepsAhead + 1];
        try
        {
            _nothing = zeros(1, dtype: ScalarType.Float32, device: device);
            _gradient = zeros(spec.ParameterCount, dtype: ScalarType.Float32, device: device);
            _online = new TorchParameters(spec, device, _gradient);
            _target = options.Target == TargetKind.Off ? null : new TorchParameters(spec, device);
            _adam = new TorchAdam(options, spec.ParameterCount, device);
        }
        catch (ExternalException e) when (DeviceMemory.IsExhausted(e))
        {
            throw DeviceMemory.Exhausted(spec, options.BatchSize, device.ToString(), e);
        }

        var parameters = new float[spec.ParameterCount];
        LinearInitialization.Fill(spec, random, parameters);
        WriteParameters(parameters);
        _target?.Flat.copy_(_online.Flat);
    }

    /// <inheritdoc/>
    public NetworkSpec Spec { get; }

    /// <inheritdoc/>
    public int StepsAhead { get; }

    /// <summary>Where it computes, for example <c>cuda:0</c>.</summary>
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
        Tensor values = _forward.Run(_online, _asked.Tensor).contiguous().cpu();
        MemoryMarshal.Cast<byte, float>(values.bytes).CopyTo(qValues);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch was made for other observations, or an action or a discrete observation is out of range.</exception>
    /// <exception cref="KreweException">The device is out of memory.</exception>
    public void Begin(SampledBatch batch, float learningRate)
    {
        Shapes.RequireBatch(Spec, batch, batch.Count);
        Shapes.RequireLearningRate(learningRate);
        if (_pending.Count > StepsAhead)
        {
            throw new InvalidOperationException($"{_pending.Count} updates are under way, at most {StepsAhead + 1} can be: read the results of one first");
        }

        try
        {
            // What stays is made before the scope that takes everything else away.
            long update = ++_updates;
            Slot slot = SlotFor(update, batch.Count);
            using DisposeScope scope = NewDisposeScope();
            Update(update, slot, batch, learningRate);
        }
        catch (ExternalException e) when (DeviceMemory.IsExhausted(e))
        {
            throw DeviceMemory.Exhausted(Spec, batch.Count, Device, e);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No update is under way.</exception>
    public TrainResult End(Span<float> tdErrors)
    {
        if (!_pending.TryDequeue(out Pending pending))
        {
            throw new InvalidOperationException("no update is under way");
        }

        Readback read = _slots[pending.Update % _slots.Length].Readback;
        read.Wait(pending.Update);
        if (tdErrors.Length < read.Errors.Length)
        {
            throw new ArgumentException($"a batch of {read.Errors.Length} gives as many TD errors, the output holds {tdErrors.Length}");
        }

        read.Errors.CopyTo(tdErrors);
        TrainResult result = Result(read, pending.Weights);
        if (!NonFinite.IsNone(result))
        {
            // One step ahead its number was counted though the device did not take it.
            _adam.Steps -= StepsAhead > 0 ? 1 : 0;
            throw NonFinite.Create(pending.Step, result, pending.Batch);
        }

        return result;
    }

    /// <inheritdoc/>
    public void UpdateTarget(float tau)
    {
        Shapes.RequireShare(tau);
        if (_target is null)
        {
            return;
        }

        using IDisposable noGradient = no_grad();
        if (tau == 1)
        {
            _target.Flat.copy_(_online.Flat);
        }
        else
        {
            _target.Flat.mul_(1 - tau).add_(_online.Flat, tau);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        TorchParameters.Read(_online.Flat, parameters);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(Spec, parameters.Length);
        TorchParameters.Write(parameters, _online.Flat);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state is another network's.</exception>
    public void ReadState(QNetworkState state)
    {
        Shapes.RequireSame(Spec, state.Spec);
        TorchParameters.Read(_online.Flat, state.Online);
        TorchParameters.Read((_target ?? _online).Flat, state.Target);
        TorchParameters.Read(_adam.FirstMoment, state.FirstMoment);
        TorchParameters.Read(_adam.SecondMoment, state.SecondMoment);
        state.OptimizerSteps = _adam.Steps;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state is another network's.</exception>
    public void WriteState(QNetworkState state)
    {
        Shapes.RequireSame(Spec, state.Spec);
        WriteParameters(state.Online);
        if (_target is not null)
        {
            TorchParameters.Write(state.Target, _target.Flat);
        }

        TorchParameters.Write(state.FirstMoment, _adam.FirstMoment);
        TorchParameters.Write(state.SecondMoment, _adam.SecondMoment);
        _adam.Steps = state.OptimizerSteps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Slot slot in _slots)
        {
            slot.Stage?.Dispose();
            slot.Readback?.Dispose();
        }

        _asked?.Dispose();
        _online.Dispose();
        _target?.Dispose();
        _adam.Dispose();
        _gradient.Dispose();
        _nothing.Dispose();
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

    private void Update(long update, Slot slot, SampledBatch batch, float learningRate)
    {
        slot.Stage.Fill(batch);
        Tensor targets = Targets(slot.Stage);                                                        // [B, 1]
        Tensor values = _forward.Run(_online, slot.Stage.Observations).gather(1, slot.Stage.Actions); // [B, 1]
        using IDisposable noGradient = no_grad();
        Tensor errors = targets - values.detach();                                                   // [B, 1]
        Tensor derivative = Derivative(errors).mul_(slot.Stage.Weights);
        _gradient.zero_();
        autograd.backward(values, derivative);
        Tensor norm = _gradient.norm();
        slot.Readback.Queue(update, errors, values.detach(), norm);
        batch.Weights.CopyTo(slot.Weights);
        _pending.Enqueue(new Pending(update, _adam.Steps + 1, batch, slot.Weights));
        if (StepsAhead == 0)
        {
            slot.Readback.Wait(update);
            if (NonFinite.IsNone(Result(slot.Readback, slot.Weights)))
            {
                _adam.Step(_online.Flat, _gradient, Clipping(slot.Readback.Norm), learningRate);
            }
        }
        else
        {
            StepOnDevice(errors, derivative, norm, learningRate);
        }
    }

    /// <summary>R + d * max_a Q'(s', a), Q' the target network, [B, 1].</summary>
    private Tensor Targets(BatchStage stage)
    {
        using IDisposable noGradient = no_grad();
        Tensor best = _forward.Run(_target ?? _online, stage.NextObservations).amax(Actions, keepdim: true);
        return addcmul(stage.Returns, stage.Discounts, best, 1);
    }

    /// <summary>The gradient of the mean loss at Q(s, a) for a weight of 1, [B, 1].</summary>
    private Tensor Derivative(Tensor errors) => _options.Loss == LossKind.Mse
        ? errors * (-2.0 / errors.shape[0])
        : errors.clamp(-_options.HuberDelta, _options.HuberDelta).mul_(-1.0 / errors.shape[0]);

    /// <summary>torch.nn.utils.clip_grad_norm_: the coefficient has 1e-6 below the line and is at most 1.</summary>
    private double Clipping(float norm) =>
        _options.MaxGradientNorm > 0 ? Math.Min(1, _options.MaxGradientNorm / (norm + 1e-6)) : 1;

    /// <summary>The same step, decided on the device: applied if the loss and the gradient are finite.</summary>
    private void StepOnDevice(Tensor errors, Tensor derivative, Tensor norm, float learningRate)
    {
        // A loss that is not finite makes this sum so too: it is the loss or twice the loss for all but the line of Huber's.
        Tensor isFinite = ((errors * derivative).sum() + norm).isfinite();
        Tensor scaled = _options.MaxGradientNorm > 0
            ? _gradient * (_options.MaxGradientNorm / (norm + 1e-6)).clamp_(max: 1.0)
            : _gradient;
        _adam.StepIf(_online.Flat, torch.where(isFinite, scaled, _nothing), isFinite.to(ScalarType.Float32), learningRate);
    }

    private Slot SlotFor(long update, int rows)
    {
        ref Slot slot = ref _slots[update % _slots.Length];
        if (slot.Stage?.Rows != rows)
        {
            slot.Stage?.Dispose();
            slot.Readback?.Dispose();
            slot = new Slot(new BatchStage(Spec, rows, _device), new Readback(rows, _device), new float[rows]);
        }

        return slot;
    }

    private TrainResult Result(Readback read, float[] weights)
    {
        double loss = 0;
        double values = 0;
        for (int row = 0; row < weights.Length; row++)
        {
            loss += (double)weights[row] * _loss.Loss(read.Errors[row]);
            values += read.Values[row];
        }

        return new TrainResult((float)(loss / weights.Length), (float)(values / weights.Length), read.Norm);
    }

    /// <summary>What belongs to one of the updates that can be under way.</summary>
    private readonly record struct Slot(BatchStage Stage, Readback Readback, float[] Weights);

    /// <summary>An update whose results have not been read.</summary>
    /// <param name="Update">Its number, from 1.</param>
    /// <param name="Step">Which step of the optimizer it is, from 1.</param>
    /// <param name="Batch">Its batch.</param>
    /// <param name="Weights">The batch's weights.</param>
    private readonly record struct Pending(long Update, long Step, SampledBatch Batch, float[] Weights);
}
