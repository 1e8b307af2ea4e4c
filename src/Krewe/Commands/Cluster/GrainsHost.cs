using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Cli;

/// <summary>A whole cluster in this process, for one run: <c>krewe train --host grains</c>.</summary>
internal static class GrainsHost
{
    /// <summary>Throws if the run cannot be trained with this host, before its folder is created.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="option">The option that names the folder.</param>
    /// <param name="path">The run's folder, as the user named it; null for the default.</param>
    /// <exception cref="InvalidOptionException">
    /// The folder's name is not a run id, <c>run.save_replay</c> is set, or the backend or device is not available.
    /// </exception>
    public static void Check(RunPlan plan, string option, string? path)
    {
        if (path is not null)
        {
            RunIds.Check($"{option} {path} with --host grains: the folder's name", Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))));
        }

        if (plan.Options.Run.SaveReplay)
        {
            throw new InvalidOptionException("run.save_replay: not supported with --host grains; set run.save_replay=false, or use --host process");
        }

        LearnerNetworks.Check(plan.Options.Learner);
    }

    /// <summary>Starts a silo with every role, trains, and stops the silo.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="registry">Creates the environments.</param>
    /// <param name="path">The run's folder; its last segment is the run's id.</param>
    /// <param name="isResumed">Whether the folder holds an earlier part of the run, which it continues.</param>
    /// <param name="verbose">Whether the log has everything, with the stack traces of failures; otherwise warnings.</param>
    /// <param name="show">Runs and shows the run.</param>
    /// <param name="cancellationToken">Cancels the start of the silo.</param>
    /// <param name="stopTimeout">How long an environment has to return when the silo stops; null for 10 s.</param>
    /// <exception cref="KreweException">The silo cannot start, or the run failed.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled before a learner began.</exception>
    public static TrainingResult Train(
        RunPlan plan,
        EnvironmentRegistry registry,
        string path,
        bool isResumed,
        bool verbose,
        Func<ITrainingRun, TrainingResult> show,
        CancellationToken cancellationToken,
        TimeSpan? stopTimeout = null)
    {
        NativeHeap.KeepSmall();
        return Run(plan, registry, path, isResumed, verbose ? LogLevel.Debug : LogLevel.Warning, show, stopTimeout ?? RunThreads.DefaultTimeout, cancellationToken).GetAwaiter().GetResult();
    }

    private static async Task<TrainingResult> Run(
        RunPlan plan,
        EnvironmentRegistry registry,
        string path,
        bool isResumed,
        LogLevel level,
        Func<ITrainingRun, TrainingResult> show,
        TimeSpan stopTimeout,
        CancellationToken cancellationToken)
    {
        string runId = Path.GetFileName(path);
        var settings = new SiloSettings
        {
            ClusterId = $"train-{Environment.ProcessId}",
            SiloPort = SiloPorts.Free(),
            GatewayPort = SiloPorts.Free(),
            DataFolder = Path.GetDirectoryName(path)!,
            Registry = registry,
            LogLevel = level,

            // The same timeout for a hanging environment as in one process.
            ShutdownTimeout = stopTimeout,

            // The command holds the lock of the run's folder.
            LocksFolders = false,
        };
        var specification = new RunSpecification
        {
            RunId = runId,
            ResumeFrom = isResumed ? runId : null,
            OptionsJson = OptionBinder.ToJson(plan.Options).ToJsonString(),
        };
        using IHost host = SiloHost.Build(settings);
        await SiloHost.Start(host, settings, cancellationToken);
        try
        {
            var run = new ClusterTrainingRun(
                host.Services.GetRequiredService<IGrainFactory>(), specification.RunId, plan.Environment, plan.Options, specification);
            return await Task.Run(() => show(run), CancellationToken.None);
        }
        finally
        {
            try
            {
                await host.StopAsync(CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                // The silo did not stop in time, which must not hide how the run ended.
            }
        }
    }
}
