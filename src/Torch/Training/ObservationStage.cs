using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// Transfers observations to the device: copies them into the host tensor of a <see cref="StagedTensor"/>, then starts an asynchronous
/// copy. Indices are widened to 64 bits, the only type that libtorch indexes with.
/// </summary>
internal sealed class ObservationStage : IDisposable
{
    private readonly NetworkSpec _spec;
    private readonly StagedTensor _tensor;

    public ObservationStage(NetworkSpec spec, int rows, Device device)
    {
        _spec = spec;
        _tensor = spec.ElementType switch
        {
            ElementType.Int32 => new StagedTensor([rows], ScalarType.Int64, device),
            ElementType.UInt8 => new StagedTensor([rows, spec.ObservationLength], ScalarType.Byte, device),
            _ => new StagedTensor([rows, spec.ObservationLength], ScalarType.Float32, device),
        };
    }

    /// <summary>The observations on the device: [rows, length], or [rows] if they are indices.</summary>
    public Tensor Tensor => _tensor.OnDevice;

    /// <summary>Copies observations and starts the transfer.</summary>
    public void Fill(ReadOnlySpan<byte> observations)
    {
        if (_spec.ElementType == ElementType.Int32)
        {
            Widen(MemoryMarshal.Cast<byte, int>(observations), _tensor.Host<long>());
        }
        else
        {
            observations.CopyTo(_tensor.Host<byte>());
        }

        _tensor.Send();
    }

    public void Dispose() => _tensor.Dispose();

    /// <summary>Copies indices into 64-bit integers.</summary>
    public static void Widen(ReadOnlySpan<int> from, Span<long> to)
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = from[i];
        }
    }
}
