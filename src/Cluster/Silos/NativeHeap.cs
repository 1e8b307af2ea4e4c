using System.Runtime.InteropServices;

namespace Krewe.Cluster;

/// <summary>The part of a process's memory that native code allocates: the JIT compiler, the collector, libtorch.</summary>
/// <remarks>
/// By default glibc gives almost every thread an arena of its own, up to eight a core, and each keeps what it once needed. A silo's
/// methods are compiled for minutes, by one thread after another, which left 10 MB in them.
/// </remarks>
internal static partial class NativeHeap
{
    private const string Variable = "MALLOC_ARENA_MAX";
    private const int ArenaMax = -8;
    private const int Arenas = 2;
    private static readonly TimeSpan TrimPeriod = TimeSpan.FromMinutes(1);
    private static Timer? _trim;

    /// <summary>
    /// Lets all threads share two of glibc's arenas, unless the environment's <c>MALLOC_ARENA_MAX</c> says how many, and from now on gives
    /// back once a minute what is free in them. To be called before there are many threads. Krewe's own memory is managed, so there is
    /// little to contend for.
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
            // Not glibc: musl has one heap for all threads, and gives back by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint kept);
}
