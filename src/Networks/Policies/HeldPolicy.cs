using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// One version of the policy in memory. It is written only while nothing else holds it, and read only while it is held.
/// </summary>
internal sealed class HeldPolicy(int parameterCount, IInferenceParameters prepared)
{
    private readonly Lock _preparing = new();
    private float[]? _flat;
    private bool _isPrepared;

    /// <summary>Number of holders, including the board for the newest version; guarded by the board.</summary>
    public int Holders { get; set; }

    /// <summary>The version.</summary>
    public long Version { get; private set; }

    /// <summary>Stores another version. Only copies the parameters: an actor prepares them, so that the learner's thread does not have to.</summary>
    public void Write(long version, ReadOnlySpan<float> parameters)
    {
        parameters.CopyTo(Flat);
        (Version, _isPrepared) = (version, false);
    }

    /// <summary>Stores another version; parameters in the kernels' layout are prepared by this one copy.</summary>
    public void Write(long version, IParameterSource parameters)
    {
        bool isPrepared = prepared.TryCopy(parameters);
        if (!isPrepared)
        {
            parameters.ReadParameters(Flat);
        }

        (Version, _isPrepared) = (version, isPrepared);
    }

    /// <summary>Returns the parameters in the kernels' layout. Every holder may call this, on any thread.</summary>
    public IInferenceParameters Prepare()
    {
        if (!Volatile.Read(ref _isPrepared))
        {
            lock (_preparing)
            {
                if (!_isPrepared)
                {
                    prepared.Import(Flat);
                    Volatile.Write(ref _isPrepared, true);
                }
            }
        }

        return prepared;
    }

    /// <summary>Only policies that arrive in the flat order need it.</summary>
    private float[] Flat => _flat ??= new float[parameterCount];
}
