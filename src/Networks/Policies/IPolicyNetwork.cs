namespace Krewe.Networks;

/// <summary>
/// The Q-function of one version of the policy, of a newer one when asked for: what an actor acts with. Not thread-safe: one caller at
/// a time; others of the same <see cref="IPolicySource"/> are independent. Disposing of it gives its version back.
/// </summary>
public interface IPolicyNetwork : IQFunction, IDisposable
{
    /// <summary>The version that <see cref="IQFunction.Forward"/> computes; -1 before the first <see cref="Refresh"/> that found one.</summary>
    long Version { get; }

    /// <summary>Takes the newest version over.</summary>
    /// <returns>False when it is that already, or there is none yet.</returns>
    bool Refresh();
}
