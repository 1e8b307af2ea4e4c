using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>The work of a learner's thread in every host that runs actors and learner concurrently.</summary>
public static class LearnerWork
{
    // The interval of checks for due work while the learner waits for samples.
    private static readonly TimeSpan SampleTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Learns until replay is closed or the run stops. Another thread does the evaluations and checkpoints; the learner waits if one is due
    /// while another is queued, so that none is skipped.
    /// </summary>
    /// <param name="learner">The learner.</param>
    /// <param name="record">Determines what is due.</param>
    /// <param name="background">Does the due work.</param>
    /// <param name="stop">Cancels the work.</param>
    /// <param name="betweenUpdates">Called before each update; may block to pause, but not beyond <paramref name="stop"/>. Null for none.</param>
    /// <exception cref="OperationCanceledException">The run stopped while the learner waited.</exception>
    public static void Run(
        ILearner learner, RunRecord record, BackgroundWorker<DueWork> background, RunStop stop, Action? betweenUpdates = null)
    {
        SampleStatus status;
        do
        {
            betweenUpdates?.Invoke();
            status = learner.Step(SampleTimeout, stop.Token);

            // Captured only when there is room: a captured state is four arrays of the network's size.
            while (record.IsDue && !background.TryPost(() => record.TakeDue()!, SampleTimeout, stop.Token))
            {
                betweenUpdates?.Invoke();
            }
        }
        while (status != SampleStatus.Closed && !stop.IsRequested);
    }
}
