using System.Runtime.InteropServices;

namespace Krewe.Cluster;

/// <summary>The memory that native code allocates in this process: the JIT compiler, the garbage collector, libtorch.</summary>
/// <remarks>
/// By default, glibc gives almost every thread its own arena, up to eight per core, and each keeps its peak size. A silo's methods are
/// compiled over several minutes by different threads, which leaves 10 MB in the arenas.
/// </remarks>
internal static partial class NativeHeap
{
    private const string Variable = "MALLOC_ARENA_MAX";
    private const int ArenaMax = -8;
    private const int Arenas = 2;
    private static readonly TimeSpan TrimPeriod = TimeSpan.FromMinutes(1);
    private static Timer? _trim;

    /// <summary>
    /// Lets all threads share two glibc arenas, unless the variable <c>MALLOC_ARENA_MAX</c> is set, and returns their free memory to the system
    /// once a minute. Must be called before there are many threads. Krewe's own memory is managed, so there is little contention.
    /// </summary>
    public static void KeepSmall()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            if (Environment.GetEnvironmentVariable(Variable) is null)
            {
                _ = MallOpt(ArenaMax, Arenas);
            }

            _ = Trim(0);
            _trim = new Timer(_ => _ = Trim(0), null, TrimPeriod, TrimPeriod);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Not glibc: musl has one heap for all threads and returns memory by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint kept);
}
