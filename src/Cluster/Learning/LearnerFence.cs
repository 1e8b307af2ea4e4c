using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>Keeps a superseded learner from writing into the run's folder, which another learner may use. Thread-safe.</summary>
/// <param name="run">The run, which knows the newest epoch.</param>
/// <param name="epoch">The learner's epoch.</param>
/// <param name="end">Ends the learner.</param>
internal sealed class LearnerFence(ITrainingRunGrain run, long epoch, Action end)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);
    private volatile bool _isSuperseded;

    /// <summary>Whether a later learner is known to have started.</summary>
    public bool IsSuperseded => _isSuperseded;

    /// <summary>Called when a later learner has started: this one ends without writing anything.</summary>
    public void Supersede()
    {
        _isSuperseded = true;
        end();
    }

    /// <summary>
    /// Asks the run whether this learner is still the newest. Called before anything is written, because a superseded learner may not know
    /// it yet. If the run is unreachable, the write is allowed; otherwise the last checkpoint would be lost when a whole cluster shuts
    /// down. Blocks: must not be called from a grain.
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
            // Unreachable.
        }

        return !_isSuperseded;
    }
}
