using System.Diagnostics;
using Krewe.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// Transfers the results of an update to the host: TD errors, Q-values and the gradient norm. The copies are queued after the update. A
/// counter copied last marks their arrival, so the host need not synchronize with a device that is already computing the next update.
/// </summary>
internal sealed class Readback : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private static readonly long[] Flat = [-1];
    private readonly StagedTensor _numbers;
    private readonly StagedTensor _arrived;
    private readonly int _rows;
    private long _queued;

    public Readback(int rows, Device device)
    {
        _rows = rows;
        _numbers = new StagedTensor([(2 * rows) + 1], ScalarType.Float32, device);
        _arrived = new StagedTensor([1], ScalarType.Int64, device);
    }

    /// <summary>TD errors, target - Q(s, a), [B].</summary>
    public ReadOnlySpan<float> Errors => _numbers.Host<float>()[.._rows];

    /// <summary>Q(s, a), [B].</summary>
    public ReadOnlySpan<float> Values => _numbers.Host<float>().Slice(_rows, _rows);

    /// <summary>Euclidean norm of the gradient.</summary>
    public float Norm => _numbers.Host<float>()[2 * _rows];

    /// <summary>Queues the copies of an update's results.</summary>
    /// <param name="errors">TD errors, [B, 1].</param>
    /// <param name="values">Q(s, a), [B, 1].</param>
    /// <param name="norm">Norm of the gradient, [].</param>
    public void Queue(Tensor errors, Tensor values, Tensor norm)
    {
        _numbers.OnDevice.copy_(cat([errors.view(Flat), values.view(Flat), norm.view(Flat)]));
        _numbers.Receive();
        using Scalar number = ++_queued;
        _arrived.OnDevice.fill_(number);
        _arrived.Receive();
    }

    /// <summary>Waits until the results queued last have arrived.</summary>
    /// <exception cref="KreweException">They have not arrived within a minute.</exception>
    public void Wait()
    {
        long began = Stopwatch.GetTimestamp();
        var spin = new SpinWait();
        while (Volatile.Read(ref _arrived.Host<long>()[0]) != _queued)
        {
            spin.SpinOnce(sleep1Threshold: -1);
            if (spin.Count % 1024 == 0 && Stopwatch.GetElapsedTime(began) > Timeout)
            {
                throw new KreweException($"the device has not responded for {Timeout.TotalSeconds} s: check the driver's log (dmesg, nvidia-smi) for a lost device");
            }
        }
    }

    public void Dispose()
    {
        _numbers.Dispose();
        _arrived.Dispose();
    }
}
