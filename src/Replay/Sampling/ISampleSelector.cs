using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Selects the transitions of a ring to sample. It is notified of every slot that is written or overwritten and never changes the ring. The
/// shard's lock guards all members: an implementation needs no locks and must not block.
/// </summary>
public interface ISampleSelector
{
    /// <summary>Number of transitions that can be selected now.</summary>
    long Count { get; }

    /// <summary>
    /// The priority mass of these transitions, which decides how many samples a shard contributes: positive while there are any, else 0.
    /// A transition is selected with the probability of its share in the mass. Uniform sampling gives every transition the mass 1.
    /// </summary>
    double Mass { get; }

    /// <summary>The selector's random state; restoring it with the same content continues with the same selections.</summary>
    Pcg64State RandomState { get; set; }

    /// <summary>Called after slots were written; the final slots among them must never be selected.</summary>
    /// <param name="start">Position of the first slot, which is alive in the ring.</param>
    /// <param name="count">Number of consecutive slots.</param>
    /// <param name="priorities">Their initial priorities, finite and not negative, [count]; empty if there are none.</param>
    void Inserted(long start, int count, ReadOnlySpan<float> priorities = default);

    /// <summary>Called before slots are overwritten; they are still alive during the call.</summary>
    /// <param name="start">Position of the first slot, the oldest of the ring.</param>
    /// <param name="count">Number of consecutive slots.</param>
    void Evicted(long start, int count);

    /// <summary>Selects transitions with replacement. Called only while <see cref="Count"/> is positive. Must not allocate.</summary>
    /// <param name="positions">Receives live positions of slots that are not final, [n].</param>
    /// <param name="probabilities">Receives the probability of each draw, [n].</param>
    void Select(Span<long> positions, Span<float> probabilities);

    /// <summary>Updates the priorities of transitions; of a position that is repeated, the last one counts.</summary>
    /// <param name="positions">Live positions of slots that are not final, [n]; the shard drops all others.</param>
    /// <param name="priorities">The new priorities, [n], finite and not negative.</param>
    void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities);

    /// <summary>Returns the priority of a transition, for saving: updating with it after a restart restores it exactly.</summary>
    /// <param name="position">A live position of a slot that is not final.</param>
    float GetPriority(long position);
}
