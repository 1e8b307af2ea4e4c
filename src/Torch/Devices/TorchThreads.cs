using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Krewe.Torch;

/// <summary>
/// The number of threads per operation on the CPU. libtorch's setting does not apply to every BLAS: OpenBLAS has its own thread pool, with
/// one thread per core by default.
/// </summary>
public static unsafe class TorchThreads
{
    private const string Oldest = "Prescott";
    private static readonly string[] OpenBlasNames = ["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "libopenblas"];

    /// <summary>Sets the number of threads for the calling thread and for threads that have not used libtorch yet.</summary>
    /// <param name="threads">At least 1.</param>
    public static void Set(int threads)
    {
        LibTorch.Load();
        torch.set_num_threads(threads);
        if (OpenBlas("openblas_set_num_threads") is var set && set != 0)
        {
            ((delegate* unmanaged[Cdecl]<int, void>)set)(threads);
        }
    }

    /// <summary>Describes the BLAS in use, its number of threads and the processor it is tuned for.</summary>
    public static string Describe()
    {
        LibTorch.Load();
        nint core = OpenBlas("openblas_get_corename");
        nint count = OpenBlas("openblas_get_num_threads");
        string blas = "BLAS of libtorch";
        if (core != 0 && count != 0)
        {
            string? processor = Marshal.PtrToStringAnsi(((delegate* unmanaged[Cdecl]<nint>)core)());
            blas = $"OpenBLAS for {processor}, {((delegate* unmanaged[Cdecl]<int>)count)()} thread(s)";

            // An OpenBLAS that does not know the processor uses the code for the oldest one.
            if (processor == Oldest && Vector256.IsHardwareAccelerated)
            {
                blas += $" (the oldest it supports: OPENBLAS_CORETYPE={(Vector512.IsHardwareAccelerated ? "SkylakeX" : "Haswell")} in the environment makes it several times as fast here)";
            }
        }

        return $"{torch.get_num_threads()} thread(s) of libtorch; {blas}";
    }

    /// <summary>Address of a function of OpenBLAS; 0 if OpenBLAS is not loaded.</summary>
    private static nint OpenBlas(string function)
    {
        foreach (string name in OpenBlasNames)
        {
            if (NativeLibrary.TryLoad(name, out nint library) && NativeLibrary.TryGetExport(library, function, out nint address))
            {
                return address;
            }
        }

        return 0;
    }
}
