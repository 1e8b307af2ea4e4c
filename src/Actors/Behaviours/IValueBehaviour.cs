namespace Krewe.Actors;

/// <summary>A behaviour that acts on the values of actions, from which an actor computes <see cref="InitialPriorities"/>.</summary>
public interface IValueBehaviour : IBehaviour
{
    /// <summary>Returns the values of the last call of <see cref="IBehaviour.Act"/>; <see cref="ActingContext.NeedsValues"/> was set.</summary>
    /// <param name="actions">The actions that were taken, [N * action bytes].</param>
    /// <param name="chosen">Receives the value of each, [N].</param>
    /// <param name="best">Receives the largest value, [N].</param>
    void GetValues(ReadOnlySpan<byte> actions, Span<float> chosen, Span<float> best);

    /// <summary>Computes the largest value at observations, by the same policy.</summary>
    /// <param name="observations">Observations, [best.Length * observation bytes].</param>
    /// <param name="best">Receives the values, at most N.</param>
    void GetBest(ReadOnlySpan<byte> observations, Span<float> best);
}
