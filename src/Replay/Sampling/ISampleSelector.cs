using Krewe.Contracts;


namespace Krewe.Replay;

/// <summary>
/// Decides which transitions of a ring are sampled. It is told of every slot that comes and goes and never touches the ring. The
/// shard's lock guards every member: an implementation needs no locks of its own and must not block.
/// </summary>
public interface ISampleSelector
{
    /// <summary>Transitions that can be selected now.</summary>
    long Count { get; }

    /// <summary>Whether <see cref="UpdatePriority"/> changes what is selected.</summary>
    bool UsesPriorities { get; }

    /// <summary>The selector's random state; restoring it on the same content goes on with the same selections.</summary>
    Pcg64State RandomState { get; set; }

    /// <summary>Slots were written; final ones among them must never be selected.</summary>
    /// <param name="start">Position of the first; it is alive in the ring.</param>
    /// <param name="count">Number of consecutive slots.</param>
    void Inserted(long start, int count);

    /// <summary>Slots are about to be overwritten; they are still alive during the call.</summary>
    /// <param name="start">Position of the first, the oldest of the ring.</param>
    /// <param name="count">Number of consecutive slots.</param>
    void Evicted(long start, int count);

    /// <summary>Selects with replacement. Called only while <see cref="Count"/> is positive. Must not allocate.</summary>
    /// <param name="positions">Receives live positions of slots that are not final, [n].</param>
    /// <param name="probabilities">Receives the probability of each draw, [n].</param>
    void Select(Span<long> positions, Span<float> probabilities);

    /// <summary>Gives a transition a new priority.</summary>
    /// <param name="position">A live position of a slot that is not final; the shard has dropped the others.</param>
    /// <param name="priority">Finite and not negative.</param>
    void UpdatePriority(long position, float priority);
}
