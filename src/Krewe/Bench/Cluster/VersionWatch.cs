using System.Diagnostics;
using Krewe.Cluster;
using Krewe.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Cli;

/// <summary>
/// Runs in a child process of a benchmark: prints when its actors first act with a version, by a clock that all processes of a machine share.
/// Polls twice a millisecond.
/// </summary>
internal sealed class VersionWatch : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Thread _thread;

    private VersionWatch(ActorSilo silo)
    {
        _thread = new Thread(() => Watch(silo)) { IsBackground = true, Name = "krewe-bench-watch" };
        _thread.Start();
    }

    public static VersionWatch Start(IHost host) => new(host.Services.GetRequiredService<ActorSilo>());

    public void Dispose()
    {
        _ended.Cancel();
        _thread.Join();
        _ended.Dispose();
    }

    private void Watch(ActorSilo silo)
    {
        long seen = PolicyVersions.Of(0, 0);
        using var pause = new ManualResetEventSlim();
        while (!_ended.IsCancellationRequested)
        {
            pause.Wait(TimeSpan.FromMilliseconds(0.5));
            long version = silo.OldestActingVersion;
            if (version > seen)
            {
                seen = version;
                Console.Out.WriteLine(FormattableString.Invariant($"acts {version} {Stopwatch.GetTimestamp()}"));
            }
        }
    }
}
