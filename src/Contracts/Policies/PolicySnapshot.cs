using Krewe.Contracts.Networks;

namespace Krewe.Contracts.Policies;

/// <summary>A published policy: immutable, shared by every actor of a process.</summary>
public sealed class PolicySnapshot
{
    private readonly float[] _parameters;

    /// <summary>Takes a copy of the parameters.</summary>
    /// <param name="version">The version; versions of one run only grow.</param>
    /// <param name="spec">The network.</param>
    /// <param name="parameters">Its parameters in the order of <see cref="NetworkSpec"/>.</param>
    /// <exception cref="ArgumentException">The number of parameters is not the network's.</exception>
    public PolicySnapshot(long version, NetworkSpec spec, ReadOnlySpan<float> parameters)
    {
        if (parameters.Length != spec.ParameterCount)
        {
            throw new ArgumentException($"network {spec} has {spec.ParameterCount} parameters, got {parameters.Length}", nameof(parameters));
        }

        Version = version;
        Spec = spec;
        _parameters = parameters.ToArray();
    }

    /// <summary>The version.</summary>
    public long Version { get; }

    /// <summary>The network.</summary>
    public NetworkSpec Spec { get; }

    /// <summary>The parameters.</summary>
    public ReadOnlySpan<float> Parameters => _parameters;
}

/// <summary>Where actors get the policy from.</summary>
public interface IPolicySource
{
    /// <summary>The newest policy; null before the first. Safe from any thread.</summary>
    PolicySnapshot? Current { get; }
}

/// <summary>Where the learner publishes its policy.</summary>
public interface IPolicySink
{
    /// <summary>Publishes a policy. One that is not newer than the current is ignored: versions never go back.</summary>
    /// <param name="snapshot">The policy.</param>
    /// <returns>Whether it is now the current one.</returns>
    bool Publish(PolicySnapshot snapshot);
}
