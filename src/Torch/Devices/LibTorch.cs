using System.Runtime.InteropServices;
using Krewe.Contracts;
using TorchSharp;

namespace Krewe.Torch;

/// <summary>The native library behind TorchSharp. Any thread.</summary>
public static class LibTorch
{
    private static readonly Lock Loading = new();
    private static bool _isLoaded;

    /// <summary>Version of TorchSharp and of the libtorch that it was built for.</summary>
    public static string Version => $"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, libtorch {torch.__version__}";

    /// <summary>Loads it; does nothing when it is loaded.</summary>
    /// <exception cref="KreweException">It is not there; the message says how it is installed.</exception>
    public static void Load()
    {
        lock (Loading)
        {
            if (_isLoaded)
            {
                return;
            }

            // TorchSharp prints pages about where it looked before it throws.
            TextWriter console = Console.Out;
            Console.SetOut(TextWriter.Null);
            try
            {
                torch.InitializeDeviceType(DeviceType.CPU);
                _isLoaded = true;
            }
            catch (Exception e) when (e is NotSupportedException or TypeInitializationException or DllNotFoundException or BadImageFormatException)
            {
                throw new KreweException(
                    "learner.backend torch: libtorch is not on this machine: build with -p:LibTorch=cpu or -p:LibTorch=cuda (packages TorchSharp-cpu, TorchSharp-cuda-linux), install the "
                    + $"system's (Debian: libtorch-dev), or train with learner.backend simd ({RuntimeInformation.RuntimeIdentifier})", e);
            }
            finally
            {
                Console.SetOut(console);
            }
        }
    }
}
