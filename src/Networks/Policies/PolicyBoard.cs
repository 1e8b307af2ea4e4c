using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// A process's policies: the learner (or whatever brings its policy here) publishes, every actor of the process acts with the newest that
/// it has asked for. A version is copied in once and prepared for the kernels once, by the first actor that takes it; all actors then read
/// the same memory. A version without holders is reused: nothing is allocated after warm-up, and there are never more versions in
/// memory than actors and two.
/// </summary>
/// <remarks>
/// When each actor had a prepared copy of its own, 256 actors that step one environment each read 69 MB of 4-256-256-2 parameters in turn,
/// which no cache near a core holds.
/// <para>
/// One lock guards which version is the newest and how many holders each has; it is held for a few instructions, at most once a published version and
/// once per rollout of an actor. Parameters are copied and prepared outside of it: a version that is being written has no other holder, and a
/// published version is never written.
/// </para>
/// </remarks>
public sealed class PolicyBoard : IPolicySource, IPolicySink
{
    private readonly Lock _publishing = new();
    private readonly Lock _lock = new();
    private readonly NetworkSpec _spec;
    private readonly KernelLayout _layout;
    private readonly Stack<HeldPolicy> _spare = new();
    private HeldPolicy? _newest;
    private long _version = -1;

    /// <summary>Makes a board without a policy.</summary>
    /// <param name="spec">The network.</param>
    /// <exception cref="ArgumentException">The network's inputs do not fit its observations.</exception>
    public PolicyBoard(NetworkSpec spec)
    {
        Shapes.RequireInputs(spec);
        _spec = spec;
        _layout = new KernelLayout(spec, KernelSet.Best);
    }

    /// <inheritdoc/>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Versions that are in memory at most.</summary>
    /// <param name="actors">Actors, each of which may hold another one.</param>
    public static int MostPolicies(int actors) => actors + 2;

    /// <inheritdoc/>
    public IPolicyNetwork CreateNetwork() => new PolicyNetwork(this, new InferenceNetwork(_spec));

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
            lock (_lock)
            {
                // The board holds the newest itself.
                policy.Holders = 1;
                Leave(_newest);
                _newest = policy;
            }

            Volatile.Write(ref _version, version);
            return true;
        }
    }

    /// <summary>Exchanges a held version for the newest.</summary>
    /// <param name="held">What it held; null for nothing.</param>
    /// <returns>What it holds now; null before the first version.</returns>
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

    /// <summary>Gives a version back.</summary>
    internal void Return(HeldPolicy held)
    {
        lock (_lock)
        {
            Leave(held);
        }
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

        return new HeldPolicy(_spec.ParameterCount, new KernelParameters(_layout));
    }

    private void Leave(HeldPolicy? policy)
    {
        if (policy is not null && --policy.Holders == 0)
        {
            _spare.Push(policy);
        }
    }
}
