namespace Krewe.Contracts;

/// <summary>
/// Turns a seed into well-mixed words exactly as NumPy's <c>SeedSequence</c> does (M. E. O'Neill's seed_seq hashing, pool of four 32-bit
/// words), so that a seed produces the same stream as in Python.
/// </summary>
public sealed class SeedSequence
{
    private const uint InitA = 0x43b0d7e5;
    private const uint MultA = 0x931e8875;
    private const uint InitB = 0x8b51f9dd;
    private const uint MultB = 0x58f38ded;
    private const uint MixMultL = 0xca01f9dd;
    private const uint MixMultR = 0x4973f715;
    private const int PoolSize = 4;

    private readonly uint[] _pool = new uint[PoolSize];

    /// <summary>Mixes a seed and an optional spawn key.</summary>
    /// <param name="entropy">The seed.</param>
    /// <param name="spawnKey">Words that distinguish children of the same seed (NumPy's <c>spawn_key</c>); empty for the parent.</param>
    public SeedSequence(UInt128 entropy, params ReadOnlySpan<uint> spawnKey)
    {
        // NumPy splits the seed into as many 32-bit words as it needs (one for zero), and pads to the pool's size only when a
        // spawn key follows, so that a child never equals a parent with a longer seed.
        Span<uint> words = stackalloc uint[PoolSize + spawnKey.Length];
        int count = 0;
        do
        {
            words[count++] = (uint)entropy;
            entropy >>= 32;
        }
        while (entropy != 0);

        if (spawnKey.Length > 0)
        {
            count = PoolSize;
            spawnKey.CopyTo(words[count..]);
            count += spawnKey.Length;
        }

        Mix(words[..count]);
    }

    /// <summary>Fills words as NumPy's <c>generate_state(n, uint32)</c>.</summary>
    /// <param name="state">Receives the words.</param>
    public void GenerateState(Span<uint> state)
    {
        uint hash = InitB;
        for (int i = 0; i < state.Length; i++)
        {
            uint value = _pool[i % PoolSize];
            value ^= hash;
            hash *= MultB;
            value *= hash;
            value ^= value >> 16;
            state[i] = value;
        }
    }

    /// <summary>Fills words as NumPy's <c>generate_state(n, uint64)</c>.</summary>
    /// <param name="state">Receives the words.</param>
    public void GenerateState(Span<ulong> state)
    {
        Span<uint> halves = stackalloc uint[2 * state.Length];
        GenerateState(halves);
        for (int i = 0; i < state.Length; i++)
        {
            state[i] = halves[2 * i] | ((ulong)halves[(2 * i) + 1] << 32);
        }
    }

    private static uint Hash(uint value, ref uint hash)
    {
        value ^= hash;
        hash *= MultA;
        value *= hash;
        value ^= value >> 16;
        return value;
    }

    private static uint Mix(uint x, uint y)
    {
        uint result = (MixMultL * x) - (MixMultR * y);
        result ^= result >> 16;
        return result;
    }

    private void Mix(ReadOnlySpan<uint> entropy)
    {
        uint hash = InitA;
        for (int i = 0; i < PoolSize; i++)
        {
            _pool[i] = Hash(i < entropy.Length ? entropy[i] : 0, ref hash);
        }

        for (int source = 0; source < PoolSize; source++)
        {
            for (int destination = 0; destination < PoolSize; destination++)
            {
                if (source != destination)
                {
                    _pool[destination] = Mix(_pool[destination], Hash(_pool[source], ref hash));
                }
            }
        }

        for (int source = PoolSize; source < entropy.Length; source++)
        {
            for (int destination = 0; destination < PoolSize; destination++)
            {
                _pool[destination] = Mix(_pool[destination], Hash(entropy[source], ref hash));
            }
        }
    }
}
