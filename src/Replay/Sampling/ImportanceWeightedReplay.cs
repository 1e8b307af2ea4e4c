using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// The learner's view of a prioritized replay: fills the importance weights of every mini-batch (Schaul et al. 2016, section 3.4). This is
/// the one place where they are computed, because only here the whole mini-batch is known, whatever the host. Thread-safe as the replay.
/// </summary>
/// <param name="replay">The replay.</param>
/// <param name="exponent">The exponent beta by environment steps: 0 for no correction, 1 for a full one.</param>
/// <param name="counters">The run's counters.</param>
public sealed class ImportanceWeightedReplay(IReplay replay, Schedule exponent, RunCounters counters) : IReplay
{
    /// <inheritdoc/>
    public bool UsesPriorities => replay.UsesPriorities;

    /// <inheritdoc/>
    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken) =>
        replay.Append(batch, timeout, cancellationToken);

    /// <inheritdoc/>
    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        SampleStatus status = replay.Sample(destination, timeout, cancellationToken);
        if (status == SampleStatus.Sampled)
        {
            Weigh(destination.Probabilities, exponent.At(counters.EnvironmentSteps), destination.Weights);
        }

        return status;
    }

    /// <inheritdoc/>
    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities) =>
        replay.UpdatePriorities(shards, positions, priorities);

    /// <inheritdoc/>
    public ReplayStatistics GetStatistics() => replay.GetStatistics();

    /// <summary>
    /// Computes (N P_i)^-beta over the largest such weight of the mini-batch. The largest belongs to the smallest probability, so this is
    /// (P_min / P_i)^beta: N cancels out, and nothing can overflow.
    /// </summary>
    /// <param name="probabilities">Probability of each sample, P, [B].</param>
    /// <param name="exponent">beta, not negative.</param>
    /// <param name="weights">Receives the weights, above 0 and at most 1, [B].</param>
    internal static void Weigh(ReadOnlySpan<float> probabilities, double exponent, Span<float> weights)
    {
        // A probability is positive, but may be rounded to 0 where one priority is larger than the others by many orders of magnitude.
        double smallest = double.PositiveInfinity;
        foreach (float probability in probabilities)
        {
            smallest = Math.Min(smallest, Math.Max(probability, float.Epsilon));
        }

        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = (float)Math.Pow(smallest / Math.Max(probabilities[i], float.Epsilon), exponent);
        }
    }
}
