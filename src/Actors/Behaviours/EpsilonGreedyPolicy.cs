using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Actors;

/// <summary>
/// Chooses actions for a vector of environments with one batched forward pass: with probability epsilon a uniformly random action,
/// otherwise the action with the largest Q-value (the first of equal ones, like NumPy's <c>argmax</c>). Not thread-safe; allocates nothing
/// after construction.
/// </summary>
public sealed class EpsilonGreedyPolicy
{
    private readonly IQFunction _network;
    private readonly float[] _qValues;
    private readonly int _observationBytes;
    private readonly int _actionCount;

    /// <summary>Creates a policy over a network.</summary>
    /// <param name="network">The network; the caller keeps its parameters up to date.</param>
    /// <param name="count">Number of environments, N.</param>
    public EpsilonGreedyPolicy(IQFunction network, int count)
    {
        _network = network;
        _observationBytes = network.Spec.ObservationBytes;
        _actionCount = network.Spec.ActionCount;
        _qValues = GC.AllocateArray<float>(count * _actionCount, pinned: true);
    }

    /// <summary>Whether <see cref="GetValues"/> is called: all values are then computed also for steps at random.</summary>
    public bool NeedsValues { get; init; }

    /// <summary>Returns the values of the last call of <see cref="Act"/>.</summary>
    /// <param name="actions">The actions, [N].</param>
    /// <param name="chosen">Receives the value of each, [N].</param>
    /// <param name="best">Receives the largest value, [N].</param>
    public void GetValues(ReadOnlySpan<int> actions, Span<float> chosen, Span<float> best)
    {
        for (int i = 0; i < actions.Length; i++)
        {
            chosen[i] = _qValues[(i * _actionCount) + actions[i]];
        }

        Best(best);
    }

    /// <summary>Computes the largest value at observations.</summary>
    /// <param name="observations">Observations, [best.Length * observation bytes].</param>
    /// <param name="best">Receives the values, at most N.</param>
    public void GetBest(ReadOnlySpan<byte> observations, Span<float> best)
    {
        _network.Forward(observations, best.Length, _qValues.AsSpan(0, best.Length * _actionCount));
        Best(best);
    }

    /// <summary>Chooses an action for each environment.</summary>
    /// <param name="observations">Observations, [N * observation bytes].</param>
    /// <param name="epsilon">Probability of a random action, in [0, 1].</param>
    /// <param name="random">The random stream of the exploration.</param>
    /// <param name="actions">Receives the zero-based actions, [N].</param>
    /// <param name="probabilities">
    /// Receives the probability of each action under this policy, [N]; empty if neither this nor <paramref name="greedy"/> is needed.
    /// </param>
    /// <param name="greedy">Receives 1 where the action was not random, [N]; empty if <paramref name="probabilities"/> is.</param>
    public void Act(
        ReadOnlySpan<byte> observations, double epsilon, Pcg64 random, Span<int> actions, Span<float> probabilities, Span<byte> greedy)
    {
        int count = actions.Length;
        if (epsilon < 1 || NeedsValues)
        {
            _network.Forward(observations[..(count * _observationBytes)], count, _qValues.AsSpan(0, count * _actionCount));
        }

        if (epsilon < 1)
        {
            ArgMax(actions);
        }

        float randomProbability = (float)(epsilon / _actionCount);
        float greedyProbability = (float)(1 - epsilon) + randomProbability;
        if (epsilon <= 0)
        {
            probabilities.Fill(1);
            greedy.Fill(1);
            return;
        }

        // An integer threshold: one comparison of the raw draw instead of a conversion to double per step.
        ulong threshold = epsilon >= 1 ? ulong.MaxValue : (ulong)(epsilon * 18446744073709551616.0);
        bool record = !probabilities.IsEmpty;
        for (int i = 0; i < actions.Length; i++)
        {
            bool explore = random.NextUInt64() < threshold || epsilon >= 1;
            int action = actions[i];
            bool best = epsilon < 1;
            if (explore)
            {
                int drawn = (int)random.NextLong(_actionCount);
                best = best && drawn == action;
                actions[i] = drawn;
            }

            if (record)
            {
                probabilities[i] = best ? greedyProbability : randomProbability;
                greedy[i] = explore ? (byte)0 : (byte)1;
            }
        }
    }

    private void Best(Span<float> best)
    {
        for (int i = 0; i < best.Length; i++)
        {
            float largest = _qValues[i * _actionCount];
            foreach (float value in _qValues.AsSpan((i * _actionCount) + 1, _actionCount - 1))
            {
                largest = MathF.Max(largest, value);
            }

            best[i] = largest;
        }
    }

    private void ArgMax(Span<int> actions)
    {
        ReadOnlySpan<float> q = _qValues;
        if (_actionCount == 2)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                actions[i] = q[(2 * i) + 1] > q[2 * i] ? 1 : 0;
            }

            return;
        }

        for (int i = 0; i < actions.Length; i++)
        {
            ReadOnlySpan<float> row = q.Slice(i * _actionCount, _actionCount);
            int best = 0;
            for (int a = 1; a < row.Length; a++)
            {
                if (row[a] > row[best])
                {
                    best = a;
                }
            }

            actions[i] = best;
        }
    }
}
