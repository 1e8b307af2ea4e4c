namespace Krewe.Actors;

/// <summary>How an actor, or an evaluation, chooses actions: the policy it follows and how it explores. Not thread-safe.</summary>
public interface IBehaviour : IDisposable
{
    /// <summary>The version of the policy in use; -1 before the first.</summary>
    long PolicyVersion { get; }

    /// <summary>How much the last call of <see cref="Act"/> explored: epsilon, or the scale of the noise.</summary>
    double Exploration { get; }

    /// <summary>Takes the newest policy.</summary>
    /// <returns>Whether it changed.</returns>
    bool Refresh();

    /// <summary>Chooses an action for each environment.</summary>
    /// <param name="observations">Observations, [N * observation bytes].</param>
    /// <param name="step">Environment steps of the whole run so far, for schedules; 0 in an evaluation.</param>
    /// <param name="actions">Receives the actions, [N * action bytes], in the element type of the action space; discrete ones zero-based.</param>
    /// <param name="probabilities">Receives the probability, or the density, of each action, [N].</param>
    /// <param name="greedy">Receives 1 where the action is the policy's own, [N].</param>
    void Act(ReadOnlySpan<byte> observations, long step, Span<byte> actions, Span<float> probabilities, Span<byte> greedy);
}
