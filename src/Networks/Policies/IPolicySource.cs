namespace Krewe.Networks;

/// <summary>Where actors get the policy from. Any thread may call.</summary>
public interface IPolicySource
{
    /// <summary>The newest version; -1 before the first.</summary>
    long Version { get; }

    /// <summary>Makes a network for one actor. What is large in it, the parameters, all of them share.</summary>
    IPolicyNetwork CreateNetwork();
}
