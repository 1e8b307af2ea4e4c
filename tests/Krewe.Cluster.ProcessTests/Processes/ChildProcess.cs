using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Krewe.Cluster.ProcessTests;

/// <summary>A child process of a test, with its output in a file; killed by its id when the test ends.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly ConcurrentDictionary<ChildProcess, bool> Alive = new();

    private readonly Process _process;
    private readonly StreamWriter _log;

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();

    private ChildProcess(Process process, StreamWriter log, string logPath)
    {
        (_process, _log, LogPath) = (process, log, logPath);
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Alive[this] = true;
    }

    public string LogPath { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public static ChildProcess Start(
        string file, IEnumerable<string> arguments, string logPath, IReadOnlyDictionary<string, string>? environment = null)
    {
        // A script that runs the tests in the background ignores SIGINT; child processes inherit that, and .NET does not reset it.
        ProcessStartInfo info = OperatingSystem.IsLinux() ? new("env", ["--default-signal=INT", file, .. arguments]) : new(file, arguments);
        info.RedirectStandardOutput = info.RedirectStandardError = true;
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        var log = new StreamWriter(logPath, append: true) { AutoFlush = true };
        return new ChildProcess(Process.Start(info)!, log, logPath);
    }

    /// <summary>Returns the text of the log so far.</summary>
    public string Log()
    {
        lock (_log)
        {
            return File.ReadAllText(LogPath);
        }
    }

    /// <summary>Sends SIGKILL.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
    }

    /// <summary>Sends a signal by name, as in kill(1).</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async Task<bool> Ended(TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _process.HasExited;
    }

    /// <summary>Returns the resident memory of the process in bytes.</summary>
    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    public void Dispose()
    {
        Kill();
        Alive.TryRemove(this, out _);
        _process.Dispose();
        lock (_log)
        {
            _log.Dispose();
        }
    }

    private static void EndAll()
    {
        foreach (ChildProcess process in Alive.Keys)
        {
            process.Kill();
        }
    }

    private void Write(string? line)
    {
        lock (_log)
        {
            if (line is not null && _log.BaseStream is not null)
            {
                _log.WriteLine(line);
            }
        }
    }
}
