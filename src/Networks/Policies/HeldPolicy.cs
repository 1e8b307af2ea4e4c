namespace Krewe.Networks;

/// <summary>
/// One version of the policy in memory. It is written while nobody else holds it, and only read as long as somebody does.
/// </summary>
internal sealed class HeldPolicy(int parameterCount, IInferenceParameters prepared)
{
    private readonly Lock _preparing = new();
    private readonly float[] _flat = new float[parameterCount];
    private bool _isPrepared;

    /// <summary>Who reads it, the board that it is the newest of among them; guarded by the board.</summary>
    public int Holders { get; set; }

    /// <summary>Its version.</summary>
    public long Version { get; private set; }

    /// <summary>Becomes another version. It is only copied: the learner's thread, which publishes, has better to do than to prepare it.</summary>
    public void Write(long version, ReadOnlySpan<float> parameters)
    {
        parameters.CopyTo(_flat);
        (Version, _isPrepared) = (version, false);
    }

    /// <summary>The parameters as the kernels want them. Any holder, on any thread.</summary>
    public IInferenceParameters Prepare()
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
