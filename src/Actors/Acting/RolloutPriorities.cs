using Krewe.Contracts;

namespace Krewe.Actors;

/// <summary>The values of a rollout's steps, and from them the priorities of its transitions. Slots are those of a <see cref="RolloutBuffer"/>.</summary>
internal sealed unsafe class RolloutPriorities
{
    private readonly IValueBehaviour _behaviour;
    private readonly NStepTransition _transition;
    private readonly int _observationBytes;
    private readonly float[] _chosen;
    private readonly float[] _best;
    private readonly float[] _chosenNow;
    private readonly float[] _bestNow;
    private readonly byte[] _observations;
    private readonly int[] _slots;

    public RolloutPriorities(InitialPriorities rule, IValueBehaviour behaviour, int environments, int slots, int observationBytes)
    {
        (_behaviour, _observationBytes) = (behaviour, observationBytes);
        _transition = new NStepTransition(rule.NStep, rule.Discount);
        _chosen = new float[slots];
        _best = new float[slots];
        _chosenNow = new float[environments];
        _bestNow = new float[environments];
        _observations = new byte[environments * observationBytes];
        _slots = new int[environments];
    }

    /// <summary>Priorities by slot, 0 in final ones.</summary>
    public float[] Values => _chosen;

    /// <summary>Takes the values of one step of every environment.</summary>
    /// <param name="actions">The actions.</param>
    /// <param name="slots">The slot of each environment's step.</param>
    public void Add(ReadOnlySpan<byte> actions, ReadOnlySpan<int> slots)
    {
        _behaviour.GetValues(actions, _chosenNow, _bestNow);
        for (int i = 0; i < slots.Length; i++)
        {
            (_chosen[slots[i]], _best[slots[i]]) = (_chosenNow[i], _bestNow[i]);
        }
    }

    /// <summary>Computes the priorities of all transitions, when all slots of the rollout are known.</summary>
    /// <param name="rowSlots">Slots from the start of one environment's row to that of the next.</param>
    /// <param name="used">Slots of each row.</param>
    /// <param name="flags">Flags by slot.</param>
    /// <param name="rewards">Rewards by slot.</param>
    /// <param name="observations">Observations by slot.</param>
    public void Complete(
        int rowSlots, ReadOnlySpan<int> used, ReadOnlySpan<SlotFlags> flags, ReadOnlySpan<float> rewards, ReadOnlySpan<byte> observations)
    {
        EvaluateFinals(rowSlots, used, flags, observations);
        fixed (SlotFlags* flagsStart = flags)
        fixed (float* rewardsStart = rewards)
        {
            for (int i = 0; i < used.Length; i++)
            {
                int end = (i * rowSlots) + used[i];
                for (int slot = i * rowSlots; slot < end; slot++)
                {
                    // In the order of the slots: a transition needs the chosen value of its own slot, and the best ones of later slots.
                    _chosen[slot] = flags[slot] == SlotFlags.Final ? 0 : ErrorOf(slot, flagsStart, rewardsStart);
                }
            }
        }
    }

    private float ErrorOf(int slot, SlotFlags* flags, float* rewards)
    {
        int next = _transition.Walk(flags, rewards, slot, _best.Length, out float sum, out float discount);

        // Selected, not multiplied: there is no value after a terminated step.
        float error = Math.Abs(sum + (discount == 0 ? 0 : discount * _best[next]) - _chosen[slot]);

        // A network that overflows is the learner's to report; it samples this transition first.
        return float.IsFinite(error) ? error : float.MaxValue;
    }

    /// <summary>Final observations were not acted on; those after a terminated step have no value.</summary>
    private void EvaluateFinals(int rowSlots, ReadOnlySpan<int> used, ReadOnlySpan<SlotFlags> flags, ReadOnlySpan<byte> observations)
    {
        int waiting = 0;
        for (int i = 0; i < used.Length; i++)
        {
            int end = (i * rowSlots) + used[i];
            for (int slot = i * rowSlots; slot < end; slot++)
            {
                if (flags[slot] == SlotFlags.Final && (flags[slot - 1] & SlotFlags.Terminated) == 0)
                {
                    observations.Slice(slot * _observationBytes, _observationBytes).CopyTo(_observations.AsSpan(waiting * _observationBytes));
                    _slots[waiting++] = slot;
                    if (waiting == _slots.Length)
                    {
                        Evaluate(waiting);
                        waiting = 0;
                    }
                }
            }
        }

        Evaluate(waiting);
    }

    private void Evaluate(int count)
    {
        if (count == 0)
        {
            return;
        }

        _behaviour.GetBest(_observations.AsSpan(0, count * _observationBytes), _bestNow.AsSpan(0, count));
        for (int i = 0; i < count; i++)
        {
            _best[_slots[i]] = _bestNow[i];
        }
    }
}
