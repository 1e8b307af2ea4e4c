using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>Watches a run on a cluster; leaving does not affect the run. The run's environment need not be known here.</summary>
internal static class WatchedRun
{
    /// <summary>Shows the run until it ends.</summary>
    /// <param name="grains">The cluster.</param>
    /// <param name="specification">The run's specification.</param>
    /// <param name="json">Whether standard output is reserved for the result.</param>
    /// <param name="leave">Stops watching.</param>
    /// <returns>The run's result; null when watching ended first.</returns>
    /// <exception cref="KreweException">The run failed, or the cluster became unreachable.</exception>
    public static TrainingResult? Show(IGrainFactory grains, RunSpecification specification, bool json, CancellationToken leave)
    {
        // A run created by an earlier version has no environment in its specification.
        EnvironmentSpec environment = specification.EnvironmentJson is { } known
            ? EnvironmentJson.Read(known)
            : RunPlans.Make(specification, EnvironmentRegistry.CreateDefault()).Environment;
        try
        {
            return TrainView.Show(
                new ClusterTrainingRun(grains, specification.RunId, environment, RunPlans.Options(specification)), json, leave);
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            return null;
        }
    }
}
