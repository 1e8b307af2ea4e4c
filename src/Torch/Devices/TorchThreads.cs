using System.Runtime.InteropServices;
using TorchSharp;

namespace Krewe.Torch.Devices;

/// <summary>
/// The threads that one operation on the CPU is spread over. libtorch's own setting does not reach every BLAS: OpenBLAS keeps threads of
/// its own, one a core, and its matrix products would go on using them.
/// </summary>
public static unsafe class TorchThreads
{
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

    /// <summary>What multiplies matrices, and with how many threads.</summary>
    public static string Describe()
    {
        LibTorch.Load();
        nint config = OpenBlas("openblas_get_config");
        nint count = OpenBlas("openblas_get_num_threads");
        string blas = config == 0 || count == 0
            ? "BLAS of libtorch"
            : $"{Marshal.PtrToStringAnsi(((delegate* unmanaged[Cdecl]<nint>)config)())}, {((delegate* unmanaged[Cdecl]<int>)count)()} thread(s)";
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
