namespace Krewe.Contracts.Policies;

/// <summary>
/// A process's one copy of the newest policy: the learner (or whatever brings its policy here) writes, every actor of the process
/// reads. A reader sees a policy whole or not at all, and nothing is allocated after construction.
/// </summary>
/// <remarks>
/// One lock guards version and parameters; it is held for one copy (0.5 microseconds for a 4-64-64-2 network), at most once a
/// published version and once an actor's window.
/// </remarks>
/// <param name="parameterCount">Number of parameters of the network.</param>
public sealed class PolicyBoard(int parameterCount) : IPolicySource, IPolicySink
{
    private readonly Lock _lock = new();
    private readonly float[] _parameters = new float[parameterCount];
    private long _version = -1;

    /// <inheritdoc/>
    public long Version => Volatile.Read(ref _version);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of parameters is not the network's.</exception>
    public bool Publish(long version, ReadOnlySpan<float> parameters)
    {
        CheckLength(parameters.Length);
        lock (_lock)
        {
            if (version <= _version)
            {
                return false;
            }

            parameters.CopyTo(_parameters);
            Volatile.Write(ref _version, version);
            return true;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of parameters is not the network's.</exception>
    public bool TryRead(ref long version, Span<float> parameters)
    {
        CheckLength(parameters.Length);

        // Most calls find nothing new and need no lock.
        if (Volatile.Read(ref _version) <= version)
        {
            return false;
        }

        lock (_lock)
        {
            _parameters.CopyTo(parameters);
            version = _version;
            return true;
        }
    }

    private void CheckLength(int length)
    {
        if (length != _parameters.Length)
        {
            throw new ArgumentException($"the network has {_parameters.Length} parameters, got {length}");
        }
    }
}
