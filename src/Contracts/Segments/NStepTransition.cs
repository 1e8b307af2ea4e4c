using System.Runtime.CompilerServices;

namespace Krewe.Contracts;

/// <summary>
/// The transition of n-step returns that starts at a slot. This is the only place that defines it: replay samples these transitions, and actors
/// give them initial priorities. Thread-safe.
/// </summary>
/// <remarks>
/// The transition that starts at slot p, which is not final, is (s, a, R, d, s'). It covers the steps p, p + 1, ...,
/// p + m - 1, where 1 &lt;= m &lt;= n is as large as possible such that only the last of them may be terminated or truncated and none
/// of them is final:
/// <code>
/// s  = observation[p]        a = action[p]
/// R  = reward[p] + gamma reward[p+1] + ... + gamma^(m-1) reward[p+m-1]
/// s' = observation[p+m]      d = 0 if step p+m-1 terminated, else gamma^m
/// </code>
/// The slot p + m always exists: every segment ends with a final slot, which holds the final observation and no step. With n = 3,
/// gamma = 0.5 and the slots below (o: observation, r: reward; T terminated, U truncated, F final)
/// <code>
/// position   0   1   2   3   4  |  5   6   7  |  8   9  10
/// o          a   b   c   d   e  |  f   g   h  |  i   j   k
/// r          1   2   4   8   -  | 16  32   -  | 64 128   -
/// flags              .   T   F  |      U   F  |          F
///
/// p   m   R                 d      s'   reason for the end
/// 0   3   1 + 1 + 1    = 3  0.125  d    n steps
/// 1   3   2 + 2 + 2    = 6  0      e    terminated: no bootstrap
/// 3   1   8                 0      e    terminated
/// 5   2   16 + 16     = 32  0.25   h    truncated: bootstrap from the final observation
/// 8   2   64 + 64    = 128  0.25   k    the segment ends: bootstrap from its final observation
/// 9   1   128               0.5    k    the segment ends
/// 4, 7, 10                              final: never sampled
/// </code>
/// R is summed in double precision and rounded once.
/// </remarks>
public sealed unsafe class NStepTransition
{
    private const SlotFlags Ends = SlotFlags.Terminated | SlotFlags.Truncated;

    private readonly int _steps;
    private readonly double[] _powers;

    /// <summary>Creates the definition.</summary>
    /// <param name="steps">n, at least 1.</param>
    /// <param name="discount">gamma, in [0, 1].</param>
    public NStepTransition(int steps, double discount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        _steps = steps;
        _powers = new double[steps + 1];
        for (int k = 0; k <= steps; k++)
        {
            _powers[k] = Math.Pow(discount, k);
        }
    }

    /// <summary>Walks along the steps of a transition.</summary>
    /// <param name="flags">Flags by slot: whole segments.</param>
    /// <param name="rewards">Rewards by slot.</param>
    /// <param name="slot">Its first slot, p, which is not final.</param>
    /// <param name="capacity">Number of slots, after which the first one follows.</param>
    /// <param name="sum">Receives the return R.</param>
    /// <param name="discount">Receives the discount d of the bootstrap value.</param>
    /// <returns>The slot of s'.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Walk(SlotFlags* flags, float* rewards, int slot, int capacity, out float sum, out float discount)
    {
        double total = 0;
        int m = 0;
        SlotFlags last;
        do
        {
            last = flags[slot];
            total += _powers[m++] * rewards[slot];
            slot = slot + 1 == capacity ? 0 : slot + 1;
        }
        while (m < _steps && (last & Ends) == 0 && (flags[slot] & SlotFlags.Final) == 0);
        sum = (float)total;
        discount = (last & SlotFlags.Terminated) != 0 ? 0 : (float)_powers[m];
        return slot;
    }
}
