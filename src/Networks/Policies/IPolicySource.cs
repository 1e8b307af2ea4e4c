namespace Krewe.Networks;

/// <summary>Provides actors with the policy. Thread-safe.</summary>
public interface IPolicySource
{
    /// <summary>The newest version; -1 before the first.</summary>
    long Version { get; }

    /// <summary>Creates a network for one actor. All networks share the parameters.</summary>
    IPolicyNetwork CreateNetwork();
}
