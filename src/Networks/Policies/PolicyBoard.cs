using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// The policies of a process. The learner (or the receiver of its policy) publishes versions, and every actor of the process uses the
/// newest version as of its last refresh. A version of a network in the kernels' layout is one copy of it; any other is copied and then
/// prepared for the kernels once, by the first actor that takes it. All actors read the same memory. Released versions are reused: nothing
/// is allocated after warm-up, and there are at most two more versions in memory than actors. Thread-safe.
/// </summary>
/// <remarks>
/// With a prepared copy per actor, 256 actors that step one environment each would read 69 MB of 4-256-256-2 parameters in turn, more
/// than fits into a core's cache.
/// <para>
/// One lock guards the newest version and the numbers of holders. It is held for a few instructions, at most once per published version
/// and once per rollout of an actor. Parameters are copied and prepared outside the lock: a version that is being written has no other
/// holder, and a published version is never written.
/// </para>
/// </remarks>
public sealed class PolicyBoard : IPolicySource, IPolicySink
{
    private readonly Lock _publishing = new();
    private readonly Lock _lock = new();
    private readonly PolicySpec _spec;
    private readonly ISharedInference _network;
    private readonly Stack<HeldPolicy> _spare = new();
    private HeldPolicy? _newest;
    private long _version = -1;

    /// <summary>Creates a board without a policy.</summary>
    /// <param name="spec">The network.</param>
    /// <exception cref="ArgumentException">The network's inputs do not match its observations.</exception>
    public PolicyBoard(PolicySpec spec)
    {
        _spec = spec;
        _network = spec.CreateInference();
    }

    /// <inheritdoc/>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Maximum number of versions in memory.</summary>
    /// <param name="actors">Number of actors, each of which may hold a different version.</param>
    public static int MostPolicies(int actors) => actors + 2;

    /// <inheritdoc/>
    public IPolicyNetwork CreateNetwork() => new PolicyNetwork(this, _spec.CreateInference());

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of parameters is not the network's.</exception>
    public bool Publish(long version, ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(_spec, parameters.Length);
        lock (_publishing)
        {
            if (version <= _version)
            {
                return false;
            }

            HeldPolicy policy = Spare();
            policy.Write(version, parameters);
            Replace(policy);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool Publish(long version, IParameterSource parameters)
    {
        lock (_publishing)
        {
            if (version <= _version)
            {
                return false;
            }

            HeldPolicy policy = Spare();
            policy.Write(version, parameters);
            Replace(policy);
            return true;
        }
    }

    /// <summary>Exchanges a held version for the newest one.</summary>
    /// <param name="held">The version to release; null for none.</param>
    /// <returns>The newest version, held by the caller; null before the first version.</returns>
    internal HeldPolicy? Take(HeldPolicy? held)
    {
        lock (_lock)
        {
            if (_newest is { } newest)
            {
                newest.Holders++;
            }

            Leave(held);
            return _newest;
        }
    }

    /// <summary>Releases a version.</summary>
    internal void Return(HeldPolicy held)
    {
        lock (_lock)
        {
            Leave(held);
        }
    }

    private void Replace(HeldPolicy policy)
    {
        lock (_lock)
        {
            // The board itself holds the newest version.
            policy.Holders = 1;
            Leave(_newest);
            _newest = policy;
        }

        Volatile.Write(ref _version, policy.Version);
    }

    private HeldPolicy Spare()
    {
        lock (_lock)
        {
            if (_spare.TryPop(out HeldPolicy? spare))
            {
                return spare;
            }
        }

        return new HeldPolicy(_spec.ParameterCount, _network.CreateParameters());
    }

    private void Leave(HeldPolicy? policy)
    {
        if (policy is not null && --policy.Holders == 0)
        {
            _spare.Push(policy);
        }
    }
}
