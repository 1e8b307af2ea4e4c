using System.Globalization;
using Krewe.Contracts;
using Krewe.Learner;
using TorchSharp;

namespace Krewe.Torch;

/// <summary>Maps device names to the devices of this machine.</summary>
public static class TorchDevices
{
    /// <summary>Resolves <c>learner.device</c>.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c>, <c>cuda:N</c> or <c>auto</c>.</param>
    /// <returns>The device, and a line for the log when <c>auto</c> fell back to the CPU.</returns>
    /// <exception cref="InvalidOptionException">
    /// The name is invalid, libtorch cannot be loaded, or the device does not exist; the message says what was found.
    /// </exception>
    public static (torch.Device Device, string? Note) Resolve(string name)
    {
        DeviceName.Check(name);
        LibTorch.Load();
        return Resolve(name, CudaReport.Find());
    }

    internal static (torch.Device Device, string? Note) Resolve(string name, CudaReport found)
    {
        if (name == DeviceName.Cpu || (name == DeviceName.Auto && !found.IsUsable))
        {
            string? note = name == DeviceName.Auto ? $"learner.device auto: using the CPU, because no GPU can be used: {found.Explain()}" : null;
            return (new torch.Device(DeviceType.CPU), note);
        }

        int index = DeviceName.IndexOf(name);
        if (!found.IsUsable || index >= found.Devices)
        {
            string wanted = name == DeviceName.Auto ? DeviceName.Cuda : name;
            throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture, $"learner.device {wanted}: {found.Explain()}; expected cpu, auto{(found.IsUsable ? $" or cuda:0 to cuda:{found.Devices - 1}" : "")}"));
        }

        return (new torch.Device(DeviceType.CUDA, index), null);
    }
}
