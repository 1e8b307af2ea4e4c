namespace Krewe.Contracts.Policies;

/// <summary>
/// A process's one copy of the newest policy: the learner (or whatever brings its policy here) writes, every actor of the process
/// reads. Any thread may call; neither side ever waits.
/// </summary>
public sealed class PolicyBoard : IPolicySource, IPolicySink
{
    private PolicySnapshot? _current;

    /// <inheritdoc/>
    public PolicySnapshot? Current => Volatile.Read(ref _current);

    /// <inheritdoc/>
    public bool Publish(PolicySnapshot snapshot)
    {
        PolicySnapshot? current = Volatile.Read(ref _current);
        while (current is null || snapshot.Version > current.Version)
        {
            PolicySnapshot? seen = Interlocked.CompareExchange(ref _current, snapshot, current);
            if (ReferenceEquals(seen, current))
            {
                return true;
            }

            current = seen;
        }

        return false;
    }
}
