using System.Reflection;
using System.Runtime.InteropServices;
using Krewe.Contracts;
using TorchSharp;

namespace Krewe.Torch;

/// <summary>The native library behind TorchSharp. Thread-safe.</summary>
public static class LibTorch
{
    private static readonly Lock Loading = new();
    private static bool _isLoaded;

    /// <summary>Versions of TorchSharp and of the libtorch it was built for. libtorch must be loaded.</summary>
    public static string Version => $"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, libtorch {torch.__version__}";

    /// <summary>Loads libtorch; does nothing if it is loaded already.</summary>
    /// <exception cref="InvalidOptionException">libtorch is missing or cannot be loaded; the message says what to do.</exception>
    public static void Load()
    {
        lock (Loading)
        {
            if (_isLoaded)
            {
                return;
            }

            // Loads the libraries first, by the same names as TorchSharp. If TorchSharp's own attempt fails, it copies the libraries from
            // the user's package folder to a folder "cpu" in the output, never replaces them there, and reports pages of attempts
            // instead of the loader's error.
            Assembly assembly = typeof(torch).Assembly;
            foreach (string name in (ReadOnlySpan<string>)["torch_cpu", "LibTorchSharp"])
            {
                if (!NativeLibrary.TryLoad(name, assembly, searchPath: null, out _))
                {
                    throw new InvalidOptionException($"learner.backend torch: {LibTorchFailure.Find(name).Explain()}");
                }
            }

            torch.InitializeDeviceType(DeviceType.CPU);

            // PyTorch's defaults, made explicit: float32 matrix products stay exact, cuDNN's convolutions may use TF32.
            torch.backends.cuda.matmul.allow_tf32 = false;
            torch.backends.cudnn.allow_tf32 = true;
            _isLoaded = true;
        }
    }
}
