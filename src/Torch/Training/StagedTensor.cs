using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>A tensor on a device with a copy in host memory, pinned for a GPU. On the CPU both are the same tensor.</summary>
internal sealed unsafe class StagedTensor : IDisposable
{
    private readonly Tensor _host;
    private readonly byte* _memory;
    private readonly int _bytes;

    /// <summary>Allocates both, filled with zeros.</summary>
    public StagedTensor(long[] shape, ScalarType type, Device device)
    {
        bool isCpu = device.type == DeviceType.CPU;
        Tensor host = zeros(shape, dtype: type);
        if (!isCpu)
        {
            // Only copies from and to pinned memory are asynchronous.
            using Tensor pageable = host;
            host = pageable.pin_memory();
        }

        _host = host;
        OnDevice = isCpu ? host : zeros(shape, dtype: type, device: device);
        Span<byte> bytes = host.bytes;
        _bytes = bytes.Length;
        _memory = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
    }

    /// <summary>The tensor on the device.</summary>
    public Tensor OnDevice { get; }

    /// <summary>The memory of the host tensor.</summary>
    public Span<T> Host<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(new Span<byte>(_memory, _bytes));

    /// <summary>Starts the copy to the device. The host tensor must not change until the copy is done.</summary>
    public void Send()
    {
        if (!ReferenceEquals(OnDevice, _host))
        {
            OnDevice.copy_(_host, nonBlocking: true);
        }
    }

    /// <summary>Starts the copy from the device to the host tensor.</summary>
    public void Receive()
    {
        if (!ReferenceEquals(OnDevice, _host))
        {
            _host.copy_(OnDevice, nonBlocking: true);
        }
    }

    public void Dispose()
    {
        OnDevice.Dispose();
        _host.Dispose();
    }
}
