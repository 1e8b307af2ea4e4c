using Krewe.Contracts;
using Krewe.Learner;


namespace Krewe.Runtime;

/// <summary>What a learner's thread does in every host that runs actors and learner side by side.</summary>
public static class LearnerWork
{
    // Due work is looked for at least this often while there is nothing to learn from.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>Learns until replay is closed or the run stops; evaluations and checkpoints are left to another thread.</summary>
    /// <param name="learner">The learner.</param>
    /// <param name="record">Knows what is due.</param>
    /// <param name="background">Does what is due.</param>
    /// <param name="stop">Ends the work.</param>
    /// <param name="betweenUpdates">Called before each update, and may block to pause learning (not longer than until <paramref name="stop"/>); null for nothing.</param>
    /// <exception cref="OperationCanceledException">The run stopped while the learner waited.</exception>
    public static void Run(
        LearnerLoop learner, RunRecord record, BackgroundWorker<DueWork> background, RunStop stop, Action? betweenUpdates = null)
    {
        SampleStatus status;
        do
        {
            betweenUpdates?.Invoke();
            status = learner.Step(Patience, stop.Token);
            if (record.TakeDue() is { } due && !background.TryPost(due))
            {
                record.PutOff(due);
            }
        }
        while (status != SampleStatus.Closed && !stop.IsRequested);
    }
}
