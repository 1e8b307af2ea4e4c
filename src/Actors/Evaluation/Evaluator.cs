using Krewe.Contracts;
using Krewe.Networks;


namespace Krewe.Actors;

/// <summary>
/// Measures a policy on environments of its own. Each environment plays a share of the episodes that is fixed beforehand: taking the
/// first to end would count short episodes too often. Not thread-safe; it owns its environments and its network.
/// </summary>
public sealed class Evaluator : IDisposable
{
    /// <summary>Environments that are stepped together at most.</summary>
    public const int MaxEnvironments = 128;

    private readonly IVectorEnvironment _environments;
    private readonly IQNetwork _network;
    private readonly EpsilonGreedyPolicy _policy;
    private readonly int _maxEpisodeSteps;
    private readonly CallClock _call = new();

    /// <summary>Makes an evaluator.</summary>
    /// <param name="environments">Environments made for evaluation; at most as many as there are episodes.</param>
    /// <param name="network">A network of its own.</param>
    /// <param name="maxEpisodeSteps">
    /// Steps after which an episode is cut and counted with what it has: in an environment without a time limit a greedy policy can
    /// go round in circles for ever.
    /// </param>
    public Evaluator(IVectorEnvironment environments, IQNetwork network, int maxEpisodeSteps)
    {
        _maxEpisodeSteps = maxEpisodeSteps;
        _environments = environments;
        _network = network;
        _policy = new EpsilonGreedyPolicy(network, environments.Count);
    }

    /// <summary>Called on the caller's thread of <see cref="Run"/> with the number of episodes ended so far, whenever some have; null for nothing.</summary>
    public Action<int>? EpisodesEnded { get; set; }

    /// <summary>How long the current step or reset of the environments has taken; null when there is none. Thread-safe.</summary>
    public TimeSpan? InEnvironments => _call.Elapsed;

    /// <summary>How many environments suit a number of episodes.</summary>
    /// <param name="episodes">Number of episodes.</param>
    public static int EnvironmentsFor(int episodes) => Math.Min(episodes, MaxEnvironments);

    /// <summary>Plays episodes.</summary>
    /// <param name="parameters">Parameters of the policy, in the order of <see cref="NetworkSpec"/>.</param>
    /// <param name="episodes">Number of episodes, at least the number of environments.</param>
    /// <param name="epsilon">Probability of a random action; 0 is greedy.</param>
    /// <param name="seed">Seed of the environments and of the random actions: the same seed plays the same episodes.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public EvaluationResult Run(ReadOnlySpan<float> parameters, int episodes, double epsilon, ulong seed, CancellationToken cancellationToken)
    {
        try
        {
            return Play(parameters, episodes, epsilon, seed, cancellationToken);
        }
        finally
        {
            _call.Leave();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _environments.Dispose();
        _network.Dispose();
    }

    private EvaluationResult Play(ReadOnlySpan<float> parameters, int episodes, double epsilon, ulong seed, CancellationToken cancellationToken)
    {
        int count = _environments.Count;
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, count);
        _network.WriteParameters(parameters);
        int bytes = count * _network.Spec.ObservationBytes;
        var observations = new byte[bytes];
        var actions = new int[count];
        var step = new VectorStep
        {
            Observations = observations,
            FinalObservations = new byte[bytes],
            Rewards = new float[count],
            Terminated = new byte[count],
            Truncated = new byte[count],
        };
        var random = new Pcg64(seed, (uint)RandomStream.Exploration);
        var returns = new double[count];
        var lengths = new int[count];
        var remaining = new int[count];
        for (int i = 0; i < count; i++)
        {
            remaining[i] = (episodes / count) + (i < episodes % count ? 1 : 0);
        }

        _call.Enter();
        _environments.Reset(seed, observations);
        _call.Leave();
        var endedReturns = new double[episodes];
        long endedLengths = 0;
        int ended = 0;
        while (ended < episodes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _policy.Act(observations, epsilon, random, actions, [], []);
            _call.Enter();
            _environments.Step(actions, in step);
            _call.Leave();
            int endedBefore = ended;
            for (int i = 0; i < count; i++)
            {
                returns[i] += step.Rewards[i];
                lengths[i]++;
                if ((step.Terminated[i] | step.Truncated[i]) == 0 && lengths[i] < _maxEpisodeSteps)
                {
                    continue;
                }

                if (remaining[i]-- > 0)
                {
                    endedReturns[ended++] = returns[i];
                    endedLengths += lengths[i];
                }

                returns[i] = 0;
                lengths[i] = 0;
            }

            if (ended > endedBefore)
            {
                EpisodesEnded?.Invoke(ended);
            }
        }

        return Summarize(endedReturns, endedLengths);
    }

    private static EvaluationResult Summarize(double[] returns, long steps)
    {
        double mean = returns.Average();
        double variance = returns.Average(x => (x - mean) * (x - mean));
        return new EvaluationResult(
            mean, Math.Sqrt(variance), returns.Min(), returns.Max(), (double)steps / returns.Length, returns.Length);
    }
}
