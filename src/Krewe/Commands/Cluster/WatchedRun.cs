using Krewe.Cluster;
using Krewe.Runtime;


namespace Krewe.Cli;

/// <summary>Watches a run that lives elsewhere: leaving it does not stop it.</summary>
internal sealed class WatchedRun(IGrainFactory grains, RunPlan plan, string runId)
{
    /// <summary>Shows the run until it ends.</summary>
    /// <returns>What it came to; null when the watcher left first.</returns>
    public TrainingResult? Show(bool json, CancellationToken leave)
    {
        try
        {
            return TrainView.Show(new ClusterTrainingRun(grains, plan, specification: null, runId), json, leave);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
