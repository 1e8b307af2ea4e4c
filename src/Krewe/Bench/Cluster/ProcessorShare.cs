using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>
/// CPU affinity and priority of running processes, and suspending them. Linux keeps affinity and priority for each thread, and .NET sets
/// them only for a process's first thread.
/// </summary>
internal static partial class ProcessorShare
{
    private const int ContinueSignal = 18;
    private const int StopSignal = 19;

    /// <summary>Whether this system supports it.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Suspends or continues a process.</summary>
    public static void Freeze(Process process, bool freeze) => Check(Kill(process.Id, freeze ? StopSignal : ContinueSignal) == 0);

    /// <summary>Restricts a process to some of the first 64 cores.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cores">Bit mask of the cores.</param>
    public static void Pin(Process process, ulong cores) => ForAllThreads(process, thread => SetAffinity(thread, sizeof(ulong), ref cores));

    /// <summary>Sets a process's nice value: 0 is normal, 19 the lowest priority.</summary>
    public static void SetNiceness(Process process, int niceness) => ForAllThreads(process, thread => SetPriority(0, thread, niceness));

    private static void ForAllThreads(Process process, Func<int, int> set)
    {
        // A thread inherits from the thread that created it: when a pass finds no new thread, all are set.
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

                // The thread has ended.
                Check(isSet || !Directory.Exists(task));
            }
        }
    }

    private static void Check(bool isDone)
    {
        if (!isDone)
        {
            throw new KreweException($"the benchmark could not set affinity, priority or state of a child process: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint size, ref ulong cores);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int thread, int niceness);
}
