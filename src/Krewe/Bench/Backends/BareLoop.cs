using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;
using Krewe.Torch;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Krewe.Cli;

/// <summary>
/// The DQN update as ordinary TorchSharp code, with modules, an optimizer and a loss: the baseline for
/// <see cref="TorchNetwork"/>. Plain networks and convolutions, squared loss, Adam, clipping at 10. For benchmarks only:
/// TorchSharp's implicit scalars, which its optimizers use too, may be finalized during a native call.
/// </summary>
public sealed class BareLoop : IDisposable
{
    private readonly NetworkSpec _spec;
    private readonly Device _device;
    private readonly Module<Tensor, Tensor> _online;
    private readonly Module<Tensor, Tensor> _target;
    private readonly optim.Optimizer _adam;

    /// <summary>Creates the online and the target network.</summary>
    /// <param name="spec">The network: plain layers and convolutions.</param>
    /// <param name="device">The device, as in <c>learner.device</c>.</param>
    public BareLoop(NetworkSpec spec, string device)
    {
        _spec = spec;
        _device = TorchDevices.Resolve(device).Device;
        _online = Build(spec).to(_device);
        _target = Build(spec).to(_device);
        _adam = optim.Adam(_online.parameters(), lr: 1e-3);
    }

    /// <summary>Runs one update.</summary>
    /// <param name="batch">A batch of float or byte observations.</param>
    /// <returns>The loss.</returns>
    public float Update(SampledBatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor observations = Observations(batch.Observations, batch.Count);
        Tensor next = Observations(batch.NextObservations, batch.Count);
        Tensor returns = tensor(batch.Returns.ToArray(), device: _device);
        Tensor discounts = tensor(batch.Discounts.ToArray(), device: _device);
        Tensor actions = tensor(batch.Actions.ToArray(), device: _device).to(ScalarType.Int64).unsqueeze(1);
        Tensor targets;
        using (no_grad())
        {
            targets = returns + (discounts * _target.forward(next).max(1).values);
        }

        Tensor values = _online.forward(observations).gather(1, actions).squeeze(1);
        Tensor loss = functional.mse_loss(values, targets);
        _adam.zero_grad();
        loss.backward();
        torch.nn.utils.clip_grad_norm_(_online.parameters(), 10);
        _adam.step();
        return loss.item<float>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _adam.Dispose();
        _online.Dispose();
        _target.Dispose();
    }

    private static Module<Tensor, Tensor> Build(NetworkSpec spec)
    {
        List<Module<Tensor, Tensor>> modules = [];
        foreach (ConvolutionSpec layer in spec.Convolutions)
        {
            modules.Add(Conv2d(layer.Input.Channels, layer.Shape.Filters, layer.Shape.Kernel, stride: layer.Shape.Stride));
            modules.Add(ReLU());
        }

        if (!spec.Convolutions.IsEmpty)
        {
            modules.Add(Flatten());
        }

        foreach (LayerSpec layer in spec.Layers)
        {
            modules.Add(Linear(layer.Inputs, layer.Outputs));
            modules.Add(ReLU());
        }

        modules.RemoveAt(modules.Count - 1);
        return Sequential([.. modules]);
    }

    private Tensor Observations(ReadOnlySpan<byte> observations, int rows)
    {
        if (_spec.ElementType == ElementType.Float32)
        {
            return tensor(MemoryMarshal.Cast<byte, float>(observations).ToArray(), device: _device).view(rows, -1);
        }

        Tensor pixels = tensor(observations.ToArray(), device: _device).to(ScalarType.Float32) / 255;
        return _spec.Image is { } image ? pixels.view(rows, image.Channels, image.Height, image.Width) : pixels.view(rows, -1);
    }
}
