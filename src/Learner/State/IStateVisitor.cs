using System.Collections.Immutable;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// Visits the state of a learner: named tensors and numbers. The same visit captures and restores, so that neither can forget what the
/// other knows.
/// </summary>
public interface IStateVisitor
{
    /// <summary>Whether the visited state is to be replaced; otherwise it is to be captured.</summary>
    bool IsRestoring { get; }

    /// <summary>Visits parameters.</summary>
    /// <param name="prefix">Their common name; a tensor's full name is <c>prefix.tensor</c>.</param>
    /// <param name="tensors">The tensors, in flat order and without gaps.</param>
    /// <returns>Their values in flat order: to be taken over when restoring, to be filled when capturing.</returns>
    /// <exception cref="Contracts.InvalidDataFormatException">The state to restore has no such tensors; the message names one.</exception>
    float[] Floats(string prefix, ImmutableArray<TensorSpec> tensors);

    /// <summary>Visits a number.</summary>
    /// <param name="name">Its name: not <c>format</c>, and not beginning with <c>network.</c> or <c>table.</c>, which describe the policy.</param>
    /// <param name="value">Replaced when restoring.</param>
    /// <param name="least">The smallest valid value.</param>
    /// <exception cref="Contracts.InvalidDataFormatException">The state to restore has no such number, or a smaller one.</exception>
    void Number(string name, ref long value, long least = long.MinValue);
}
