using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Krewe.Torch;

/// <summary>
/// The threads that one operation on the CPU is spread over. libtorch's own setting does not reach every BLAS: OpenBLAS keeps threads of
/// its own, one a core, and its matrix products would go on using them.
/// </summary>
public static unsafe class TorchThreads
{
    private const string Oldest = "Prescott";
    private static readonly string[] OpenBlasNames = ["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "libopenblas"];

    /// <summary>Sets the number of threads, of the calling thread and of those that have not used libtorch yet.</summary>
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

    /// <summary>What multiplies matrices, with how many threads, and for which processor.</summary>
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

            // An OpenBLAS that does not know the processor takes the oldest.
            if (processor == Oldest && Vector256.IsHardwareAccelerated)
            {
                blas += $" (the oldest there is: OPENBLAS_CORETYPE={(Vector512.IsHardwareAccelerated ? "SkylakeX" : "Haswell")} in the environment makes it several times as fast here)";
            }
        }

        return $"{torch.get_num_threads()} thread(s) of libtorch; {blas}";
    }

    /// <summary>A function of the OpenBLAS that is loaded, 0 if none is.</summary>
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
