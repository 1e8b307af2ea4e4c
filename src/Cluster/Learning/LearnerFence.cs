using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>Keeps a learner that was given up from writing into the run's folder: another may write there. Any thread.</summary>
/// <param name="run">The run, which knows the newest epoch.</param>
/// <param name="epoch">The learner's epoch.</param>
/// <param name="end">Ends the learner.</param>
internal sealed class LearnerFence(ITrainingRunGrain run, long epoch, Action end)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);
    private volatile bool _isSuperseded;

    /// <summary>Whether a later learner is known to have begun.</summary>
    public bool IsSuperseded => _isSuperseded;

    /// <summary>A later learner has begun: this one ends without a trace.</summary>
    public void Supersede()
    {
        _isSuperseded = true;
        end();
    }

    /// <summary>
    /// Asks the run before anything is written: a learner that was given up may not know it yet. A run that does not answer forbids
    /// nothing, or the last checkpoint of a cluster that is being shut down would be lost. Blocks: never to be called by a grain.
    /// </summary>
    public bool MayWrite()
    {
        try
        {
            if (!_isSuperseded && !run.IsCurrent(epoch).WaitAsync(AnswerTimeout).GetAwaiter().GetResult())
            {
                Supersede();
            }
        }
        catch (Exception)
        {
            // No answer.
        }

        return !_isSuperseded;
    }
}
