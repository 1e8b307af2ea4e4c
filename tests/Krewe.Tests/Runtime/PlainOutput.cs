using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.Win32.SafeHandles;

namespace Krewe.Tests;

/// <summary>
/// Standard output of the test runner without the console's own locks. The runner's reporter writes there from a thread of its own: through
/// <see cref="Console"/> it would hold that writer's lock while it waits for the lock of <see cref="Console.Out"/>, which a command under test
/// takes in the opposite order.
/// </summary>
internal static class PlainOutput
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must run before the runner's entry point, in this assembly, takes the output.")]
    internal static void Use()
    {
        // Not again when a test loads this assembly as a user's.
        if (!OperatingSystem.IsWindows() && AssemblyLoadContext.GetLoadContext(typeof(PlainOutput).Assembly) == AssemblyLoadContext.Default)
        {
            Console.SetOut(new StreamWriter(new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 1)) { AutoFlush = true });
        }
    }
}
