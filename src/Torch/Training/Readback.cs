using System.Diagnostics;
using Krewe.Contracts;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// What an update tells the host: TD errors, Q-values and the gradient's norm, copied behind the update without waiting for it. A number
/// that is copied last, the update's, says that they are there: the host looks at it instead of waiting for the whole device, which has
/// the next update in its queue by then.
/// </summary>
internal sealed class Readback : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly long[] Flat = [-1];
    private readonly StagedTensor _numbers;
    private readonly StagedTensor _update;
    private readonly int _rows;

    public Readback(int rows, Device device)
    {
        _rows = rows;
        _numbers = new StagedTensor([(2 * rows) + 1], ScalarType.Float32, device);
        _update = new StagedTensor([1], ScalarType.Int64, device);
    }

    /// <summary>target - Q(s, a), [B].</summary>
    public ReadOnlySpan<float> Errors => _numbers.Host<float>()[.._rows];

    /// <summary>Q(s, a), [B].</summary>
    public ReadOnlySpan<float> Values => _numbers.Host<float>().Slice(_rows, _rows);

    /// <summary>Euclidean norm of the gradient.</summary>
    public float Norm => _numbers.Host<float>()[2 * _rows];

    /// <summary>Queues the copies.</summary>
    /// <param name="update">The update's number.</param>
    /// <param name="errors">TD errors, [B, 1].</param>
    /// <param name="values">Q(s, a), [B, 1].</param>
    /// <param name="norm">The gradient's norm, [].</param>
    public void Queue(long update, Tensor errors, Tensor values, Tensor norm)
    {
        _numbers.OnDevice.copy_(cat([errors.view(Flat), values.view(Flat), norm.view(Flat)]));
        _numbers.Receive();
        _update.OnDevice.fill_(update);
        _update.Receive();
    }

    /// <summary>Waits until the numbers of an update are there.</summary>
    /// <exception cref="KreweException">The device does not answer.</exception>
    public void Wait(long update)
    {
        long began = Stopwatch.GetTimestamp();
        var spin = new SpinWait();
        while (Volatile.Read(ref _update.Host<long>()[0]) != update)
        {
            spin.SpinOnce(sleep1Threshold: -1);
            if (spin.Count % 1024 == 0 && Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new KreweException($"update {update} has not come back from the device in {Patience.TotalSeconds} s: the driver's log (dmesg, nvidia-smi) says whether it was lost");
            }
        }
    }

    public void Dispose()
    {
        _numbers.Dispose();
        _update.Dispose();
    }
}
