using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>
/// Which cores a running process may use, whether it goes before others there, and whether it goes on at all. Linux keeps the first two
/// for each thread, and .NET sets them for a process's first thread only.
/// </summary>
internal static partial class ProcessorShare
{
    private const int ContinueSignal = 18;
    private const int StopSignal = 19;

    /// <summary>Whether this can be done here.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Stops a process where it is, or lets it go on.</summary>
    public static void Freeze(Process process, bool freeze) => Check(Kill(process.Id, freeze ? StopSignal : ContinueSignal) == 0);

    /// <summary>Keeps a process on some of the first 64 cores.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cores">A bit for each core that it may use.</param>
    public static void Pin(Process process, ulong cores) => ForAllThreads(process, thread => SetAffinity(thread, sizeof(ulong), ref cores));

    /// <summary>Sets how much a process gives way to others: 0 as usual, 19 most.</summary>
    public static void SetNiceness(Process process, int niceness) => ForAllThreads(process, thread => SetPriority(0, thread, niceness));

    private static void ForAllThreads(Process process, Func<int, int> set)
    {
        // A thread has what the one had that made it: when a pass finds no new one, all have it.
        var known = new HashSet<int>();
        bool found = true;
        while (found)
        {
            found = false;
            foreach (string task in Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/task")))
            {
                int thread = int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture);
                found |= known.Add(thread);
                bool isSet = set(thread) == 0;

                // One that has ended meanwhile needs nothing.
                Check(isSet || !Directory.Exists(task));
            }
        }
    }

    private static void Check(bool isDone)
    {
        if (!isDone)
        {
            throw new KreweException($"the bench could not set how a process of its own runs: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint size, ref ulong cores);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int thread, int niceness);
}
