using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Krewe.Replay;

/// <summary>Reads memory ahead of its use.</summary>
internal static unsafe class CacheLine
{
    /// <summary>Starts to read the line of an address into the cache; a hint, which also an address outside the memory may be given to.</summary>
    /// <param name="address">The address.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }
}
