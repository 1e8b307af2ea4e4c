namespace Krewe.Networks;

/// <summary>
/// One version of the policy in memory. It is written only while it has no other holder, and only read as long as it has one.
/// </summary>
internal sealed class HeldPolicy(int parameterCount, KernelParameters prepared)
{
    private readonly Lock _preparing = new();
    private readonly float[] _flat = new float[parameterCount];
    private bool _isPrepared;

    /// <summary>Number of holders, including the board for the newest version; guarded by the board.</summary>
    public int Holders { get; set; }

    /// <summary>Its version.</summary>
    public long Version { get; private set; }

    /// <summary>Becomes another version. It is only copied: the learner's thread, which publishes, has better to do than to prepare it.</summary>
    public void Write(long version, ReadOnlySpan<float> parameters)
    {
        parameters.CopyTo(_flat);
        (Version, _isPrepared) = (version, false);
    }

    /// <summary>The parameters in the kernels' layout. Any holder, on any thread.</summary>
    public KernelParameters Prepare()
    {
        if (!Volatile.Read(ref _isPrepared))
        {
            lock (_preparing)
            {
                if (!_isPrepared)
                {
                    prepared.Import(_flat);
                    Volatile.Write(ref _isPrepared, true);
                }
            }
        }

        return prepared;
    }
}
