using Krewe.Contracts;

namespace Krewe.Tests;

/// <summary>A minimal reference implementation of replay: a list of all slots ever appended, and transitions by their definition.</summary>
internal sealed class ReplayTwin(int capacity, int nStep, double discount)
{
    private readonly List<Slot> _slots = [];

    public long Head => _slots.Count;

    public long Capacity => capacity;

    public long Oldest => Math.Max(0, _slots.Count - capacity);

    public long Inserted => _slots.Count(slot => !slot.IsFinal);

    public long[] Sampleable =>
        [.. Enumerable.Range((int)Oldest, (int)(Head - Oldest)).Where(p => !_slots[p].IsFinal).Select(p => (long)p)];

    public void Append(IEnumerable<Slot> slots) => _slots.AddRange(slots);

    public Slot At(long position) => _slots[(int)position];

    /// <summary>Returns R, d and the position of s'.</summary>
    public (float Return, float Discount, long Next) Transition(long position)
    {
        double sum = 0;
        for (int m = 0; ; m++)
        {
            Slot slot = At(position + m);
            if (m == nStep || slot.IsFinal)
            {
                return ((float)sum, (float)Math.Pow(discount, m), position + m);
            }

            sum += Math.Pow(discount, m) * slot.Reward;
            if (slot.Flags.HasFlag(SlotFlags.Terminated))
            {
                return ((float)sum, 0, position + m + 1);
            }

            if (slot.Flags.HasFlag(SlotFlags.Truncated))
            {
                return ((float)sum, (float)Math.Pow(discount, m + 1), position + m + 1);
            }
        }
    }
}
