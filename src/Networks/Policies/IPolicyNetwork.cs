namespace Krewe.Networks;

/// <summary>
/// The Q-function that an actor acts with: one version of the policy, replaced by the newest one on <see cref="Refresh"/>. Not
/// thread-safe, but independent of the other networks of the same <see cref="IPolicySource"/>. Disposing releases its version.
/// </summary>
public interface IPolicyNetwork : IQFunction, IDisposable
{
    /// <summary>The version that <see cref="IQFunction.Forward"/> uses; -1 until <see cref="Refresh"/> finds one.</summary>
    long Version { get; }

    /// <summary>Switches to the newest version.</summary>
    /// <returns>False if it already has the newest version, or there is none yet.</returns>
    bool Refresh();
}
