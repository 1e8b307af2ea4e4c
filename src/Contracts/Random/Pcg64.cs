using System.Numerics;
using System.Runtime.CompilerServices;

namespace Krewe.Contracts;

/// <summary>
/// NumPy's default bit generator, PCG64 (PCG XSL RR 128/64: M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms for Random Number Generation", 2014), with the methods of NumPy's <c>Generator</c> that Krewe needs. Not thread-safe. The
/// state can be saved and restored exactly.
/// </summary>
public sealed class Pcg64
{
    private static readonly UInt128 Multiplier = new(2549297995355413924UL, 4865540595714422341UL);

    private UInt128 _state;
    private UInt128 _increment;
    private bool _hasHalf;
    private uint _half;

    /// <summary>Seeds the stream as <c>numpy.random.default_rng(seed)</c>.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="spawnKey">Words that distinguish streams of the same seed; empty for the stream that Gymnasium uses.</param>
    public Pcg64(ulong seed, params ReadOnlySpan<uint> spawnKey) => Seed(seed, spawnKey);

    /// <summary>Restores a stream.</summary>
    /// <param name="state">A state read from <see cref="State"/>.</param>
    public Pcg64(Pcg64State state) => State = state;

    /// <summary>The complete state; restoring it continues with the same draws.</summary>
    public Pcg64State State
    {
        get => new(_state, _increment, _hasHalf, _half);
        set => (_state, _increment, _hasHalf, _half) = (value.State, value.Increment, value.HasHalf, value.Half);
    }

    /// <summary>Restarts the stream from a seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="spawnKey">Words that distinguish streams of the same seed.</param>
    public void Seed(ulong seed, params ReadOnlySpan<uint> spawnKey)
    {
        Span<ulong> words = stackalloc ulong[4];
        new SeedSequence(seed, spawnKey).GenerateState(words);
        var initial = new UInt128(words[0], words[1]);
        _increment = (new UInt128(words[2], words[3]) << 1) | 1;
        _state = (_increment + initial) * Multiplier + _increment;
        _hasHalf = false;
        _half = 0;
    }

    /// <summary>Returns the next 64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong NextUInt64()
    {
        _state = (_state * Multiplier) + _increment;
        ulong high = (ulong)(_state >> 64);
        return BitOperations.RotateRight(high ^ (ulong)_state, (int)(high >> 58));
    }

    /// <summary>Returns the next 32 random bits; two draws share one 64-bit draw, low half first, as in NumPy.</summary>
    public uint NextUInt32()
    {
        if (_hasHalf)
        {
            _hasHalf = false;
            return _half;
        }

        ulong next = NextUInt64();
        _hasHalf = true;
        _half = (uint)(next >> 32);
        return (uint)next;
    }

    /// <summary>Returns a double in [0, 1), like <c>Generator.random()</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / 9007199254740992.0);

    /// <summary>Returns a float in [0, 1), like <c>Generator.random(dtype=float32)</c>.</summary>
    public float NextSingle() => (NextUInt32() >> 8) * (1.0f / 16777216.0f);

    /// <summary>Returns a double in [low, high), like <c>Generator.uniform(low, high)</c>.</summary>
    /// <param name="low">The lower bound.</param>
    /// <param name="high">The upper bound.</param>
    public double NextUniform(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Returns an integer in [0, bound) without bias (D. Lemire, 2019), like <c>Generator.integers(bound)</c>.</summary>
    /// <param name="bound">The number of values, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is below 1.</exception>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        if (bound == 1)
        {
            return 0;
        }

        uint range = (uint)bound;
        ulong product = (ulong)NextUInt32() * range;
        if ((uint)product < range)
        {
            uint threshold = (uint)(-(int)range) % range;
            while ((uint)product < threshold)
            {
                product = (ulong)NextUInt32() * range;
            }
        }

        return (int)(product >> 32);
    }

    /// <summary>
    /// Returns an integer in [0, bound) from one 64-bit draw, for hot loops: without branches, with a bias below bound / 2^64, and not
    /// equal to NumPy's draws.
    /// </summary>
    /// <param name="bound">The number of values, at least 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long NextLong(long bound) => (long)Math.BigMul(NextUInt64(), (ulong)bound, out _);
}

/// <summary>The state of a <see cref="Pcg64"/>.</summary>
/// <param name="State">The 128-bit state.</param>
/// <param name="Increment">The 128-bit increment, odd.</param>
/// <param name="HasHalf">Whether half of a 64-bit draw is left for the next 32-bit draw.</param>
/// <param name="Half">The half that is left.</param>
public readonly record struct Pcg64State(UInt128 State, UInt128 Increment, bool HasHalf, uint Half)
{
    /// <summary>Reads a state.</summary>
    /// <param name="reader">Where <see cref="Write"/> wrote it.</param>
    public static Pcg64State Read(BinaryReader reader) => new(
        new UInt128(reader.ReadUInt64(), reader.ReadUInt64()),
        new UInt128(reader.ReadUInt64(), reader.ReadUInt64()),
        reader.ReadBoolean(),
        reader.ReadUInt32());

    /// <summary>Writes the state, 37 bytes.</summary>
    /// <param name="writer">Receives it.</param>
    public void Write(BinaryWriter writer)
    {
        foreach (UInt128 number in (ReadOnlySpan<UInt128>)[State, Increment])
        {
            writer.Write((ulong)(number >> 64));
            writer.Write((ulong)number);
        }

        writer.Write(HasHalf);
        writer.Write(Half);
    }
}
