using System.Diagnostics;
using System.Globalization;
using Krewe.Cluster;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime.Placement;

namespace Krewe.Cli;

/// <summary>A cluster for benchmarks: one silo in this process, the others in child processes on this machine.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly List<(Process Process, BenchSilo Silo)> _children = [];
    private readonly string _folder;
    private readonly int _port;
    private bool _isApart;

    private BenchCluster(IHost host, string folder, int port)
    {
        _host = host;
        _folder = folder;
        _port = port;
        Grains = host.Services.GetRequiredService<IGrainFactory>();
        Directory = host.Services.GetRequiredService<SiloDirectory>();
        Silos = host.Services.GetRequiredService<ActorSiloClient>();
    }

    public IGrainFactory Grains { get; }

    public SiloDirectory Directory { get; }

    public ActorSiloClient Silos { get; }

    public IReadOnlyList<Process> Children => [.. _children.Select(child => child.Process)];

    /// <summary>The benchmarks' environments: the built-in ones and one that only sleeps.</summary>
    public static EnvironmentRegistry Registry()
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        registry.RegisterAssembly(typeof(SleepEnvironment).Assembly);
        return registry;
    }

    /// <summary>Starts the silos and waits until all are active.</summary>
    /// <param name="here">Roles of the silo in this process.</param>
    /// <param name="elsewhere">The other silos.</param>
    public static async Task<BenchCluster> Start(SiloRoles here, params BenchSilo[] elsewhere)
    {
        int port = SiloPorts.Free();
        string folder = System.IO.Directory.CreateTempSubdirectory("krewe-bench-").FullName;
        var settings = new SiloSettings
        {
            ClusterId = "bench",
            Roles = here,
            SiloPort = port,
            GatewayPort = SiloPorts.Free(),
            DataFolder = folder,
            Registry = Registry(),
            LogLevel = Microsoft.Extensions.Logging.LogLevel.None,
        };
        IHost host = SiloHost.Build(settings);
        await SiloHost.Start(host, settings, CancellationToken.None);
        var cluster = new BenchCluster(host, folder, port);
        foreach (BenchSilo silo in elsewhere)
        {
            cluster.AddChild(silo);
        }

        // A silo without roles is not in the directory.
        int expected = elsewhere.Length + (here == SiloRoles.None ? 0 : 1);
        while (cluster.Directory.With(SiloRoles.All).Count < expected)
        {
            await Task.Delay(50);
        }

        return cluster;
    }

    /// <summary>Main function of a child that <see cref="AddChild"/> starts: serves until its parent closes its input.</summary>
    public static async Task Serve(string[] args)
    {
        var settings = new SiloSettings
        {
            ClusterId = "bench",
            Roles = (SiloRoles)int.Parse(args[0], CultureInfo.InvariantCulture),
            SiloPort = SiloPorts.Free(),
            GatewayPort = SiloPorts.Free(),
            PrimarySiloPort = int.Parse(args[1], CultureInfo.InvariantCulture),
            DataFolder = args[2],
            Registry = Registry(),
            LogLevel = Microsoft.Extensions.Logging.LogLevel.None,
        };
        using IHost host = SiloHost.Build(settings);
        await SiloHost.Start(host, settings, CancellationToken.None);
        using VersionWatch? watch = args.Length > 3 ? VersionWatch.Start(host) : null;

        // On a dedicated thread: the console's reader blocks even if called asynchronously, and would occupy a thread of the pool. A silo with
        // one core has only one, and would be blocked for up to a second until the pool adds another.
        await Task.Factory.StartNew(Console.In.ReadToEnd, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await host.StopAsync(CancellationToken.None);
    }

    /// <summary>Starts a run.</summary>
    public async Task<(RunPlan Plan, ITrainingRunGrain Run)> Submit(TrainingOptions options)
    {
        string runId = "bench-" + Guid.NewGuid().ToString("N")[..8];
        var specification = new RunSpecification { RunId = runId, OptionsJson = OptionBinder.ToJson(options).ToJsonString() };
        ITrainingRunGrain run = Grains.GetGrain<ITrainingRunGrain>(runId);

        // On this silo, so that it answers whatever happens to the others. The hint is cleared because it would also apply to the grain's calls.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, _host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress);
        await run.GetStatus();
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        await run.Create(specification);
        return (RunPlans.Make(specification, _host.Services.GetRequiredService<EnvironmentRegistry>()), run);
    }

    /// <summary>Waits until the run's actors are running.</summary>
    public static async Task WaitForActors(ITrainingRunGrain run, int actors)
    {
        while ((await run.GetStatus())!.ActorsRunning < actors)
        {
            await Task.Delay(50);
        }
    }

    /// <summary>Publishes a policy to every actor silo without a learner.</summary>
    public async Task Publish(string runId, long version, float[] parameters)
    {
        foreach (ActiveSilo silo in Directory.With(SiloRoles.Actor))
        {
            await Silos.On(silo.Address).Publish(runId, new PolicySnapshot(version, parameters));
        }
    }

    /// <summary>Suspends or continues the child processes whose silos have exactly these roles.</summary>
    public void Freeze(SiloRoles roles, bool freeze)
    {
        foreach (Process process in With(roles))
        {
            ProcessorShare.Freeze(process, freeze);
        }
    }

    /// <summary>Sets the nice value of the child processes whose silos have exactly these roles: 0 is normal, 19 the lowest priority.</summary>
    public void SetNiceness(SiloRoles roles, int niceness)
    {
        foreach (Process process in With(roles))
        {
            ProcessorShare.SetNiceness(process, niceness);
        }
    }

    /// <summary>Pins the learner's silo to the first core and all others, including this process, to the second.</summary>
    public void SetApart()
    {
        using Process here = Process.GetCurrentProcess();
        ProcessorShare.Pin(here, 2);
        foreach ((Process process, BenchSilo silo) in _children)
        {
            ProcessorShare.Pin(process, silo.Roles == SiloRoles.Learner ? 1ul : 2);
        }

        _isApart = true;
    }

    /// <summary>Processor time used by the child processes whose silos have exactly these roles.</summary>
    public double ProcessorSeconds(SiloRoles roles)
    {
        double seconds = 0;
        foreach (Process process in With(roles))
        {
            process.Refresh();
            seconds += process.TotalProcessorTime.TotalSeconds;
        }

        return seconds;
    }

    /// <summary>The run's shards.</summary>
    public IReadOnlyList<IReplayShardGrain> Shards(string runId, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Grains.GetGrain<IReplayShardGrain>(i, runId))];

    public async ValueTask DisposeAsync()
    {
        foreach (Process child in Children)
        {
            child.StandardInput.Close();
        }

        foreach (Process child in Children)
        {
            if (!child.WaitForExit(TimeSpan.FromSeconds(20)))
            {
                child.Kill();
            }

            child.Dispose();
        }

        await _host.StopAsync();
        _host.Dispose();
        if (_isApart)
        {
            using Process here = Process.GetCurrentProcess();
            ProcessorShare.Pin(here, ulong.MaxValue);
        }

        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private IEnumerable<Process> With(SiloRoles roles) => _children.Where(child => child.Silo.Roles == roles).Select(child => child.Process);

    private void AddChild(BenchSilo silo)
    {
        ProcessStartInfo start = ThisProgram.Command(
            [
                BenchCommand.ChildName, ((int)silo.Roles).ToString(CultureInfo.InvariantCulture),
                _port.ToString(CultureInfo.InvariantCulture), _folder, .. silo.WatchesVersions ? ["watch"] : Array.Empty<string>(),
            ]);
        start.RedirectStandardInput = true;
        Process process = Process.Start(start)!;
        _children.Add((process, silo));
    }
}
