using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace Krewe.Torch;

/// <summary>The NVIDIA software and devices found on this machine.</summary>
/// <param name="Devices">Number of GPUs that libtorch can compute on.</param>
/// <param name="Gpus">Name, memory and driver of each GPU, as reported by the driver; empty without a driver.</param>
/// <param name="LibTorchVersion">Versions of TorchSharp and libtorch.</param>
public sealed record CudaReport(int Devices, IReadOnlyList<string> Gpus, string LibTorchVersion)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Whether libtorch can compute on a GPU.</summary>
    public bool IsUsable => Devices > 0;

    /// <summary>Asks libtorch and the driver. libtorch must be loaded.</summary>
    public static CudaReport Find()
    {
        int devices = 0;
        try
        {
            devices = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or DllNotFoundException)
        {
            // A libtorch without CUDA has no devices.
        }

        return new CudaReport(devices, AskDriver(), LibTorch.Version);
    }

    /// <summary>Describes what was found, and how to install what is missing.</summary>
    public string Explain() => (IsUsable, Gpus.Count) switch
    {
        (true, _) => string.Create(CultureInfo.InvariantCulture, $"{Devices} CUDA device(s): {string.Join("; ", Gpus)} ({LibTorchVersion})"),
        (false, 0) => $"no NVIDIA driver and no GPU were found (nvidia-smi does not answer; {LibTorchVersion}): install the driver, and build with -p:LibTorch=cuda",
        _ => $"{Gpus.Count} GPU(s) were found ({string.Join("; ", Gpus)}), but {LibTorchVersion} cannot use any: build with -p:LibTorch=cuda (package TorchSharp-cuda-linux), and check that the driver supports its CUDA version",
    };

    private static string[] AskDriver()
    {
        var start = new ProcessStartInfo("nvidia-smi") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("--query-gpu=name,memory.total,driver_version");
        start.ArgumentList.Add("--format=csv,noheader");
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Timeout))
            {
                process.Kill();
                return [];
            }

            return process.ExitCode == 0 ? output.GetAwaiter().GetResult().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [];
        }
        catch (Win32Exception)
        {
            return [];
        }
    }
}
