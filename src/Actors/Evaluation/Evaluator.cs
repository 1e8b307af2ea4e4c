using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Actors;

/// <summary>
/// Evaluates a policy on separate environments. Each environment plays a fixed share of the episodes: taking the first episodes to end
/// would count short ones too often. Not thread-safe; owns and disposes its environments and its network.
/// </summary>
public sealed class Evaluator : IDisposable
{
    /// <summary>The maximum number of environments stepped together.</summary>
    public const int MaxEnvironments = 128;

    private readonly IVectorEnvironment _environments;
    private readonly IQNetwork _network;
    private readonly EpsilonGreedyPolicy _policy;
    private readonly int _maxEpisodeSteps;
    private readonly CallClock _call = new();

    /// <summary>Creates an evaluator.</summary>
    /// <param name="environments">The environments, created for evaluation; at most as many as there are episodes.</param>
    /// <param name="network">The network, used by this evaluator only.</param>
    /// <param name="maxEpisodeSteps">
    /// Steps after which an episode is cut short and counted with its return so far: in an environment without a time limit, a greedy
    /// policy can loop forever.
    /// </param>
    public Evaluator(IVectorEnvironment environments, IQNetwork network, int maxEpisodeSteps)
    {
        _maxEpisodeSteps = maxEpisodeSteps;
        _environments = environments;
        _network = network;
        _policy = new EpsilonGreedyPolicy(network, environments.Count);
    }

    /// <summary>
    /// Called on the thread that called <see cref="Run"/> with the number of episodes completed so far, whenever it increases; may be null.
    /// </summary>
    public Action<int>? EpisodesEnded { get; set; }

    /// <summary>How long the current step or reset of the environments has taken; null when there is none. Thread-safe.</summary>
    public TimeSpan? InEnvironments => _call.Elapsed;

    /// <summary>Returns the number of environments to use for a number of episodes.</summary>
    /// <param name="episodes">Number of episodes.</param>
    public static int EnvironmentsFor(int episodes) => Math.Min(episodes, MaxEnvironments);

    /// <summary>Plays episodes and returns their statistics.</summary>
    /// <param name="parameters">The parameters of the policy, in the order of <see cref="NetworkSpec"/>.</param>
    /// <param name="episodes">Number of episodes, at least the number of environments.</param>
    /// <param name="epsilon">Probability of a random action; 0 is greedy.</param>
    /// <param name="seed">The seed of the environments and of the random actions; the same seed plays the same episodes.</param>
    /// <param name="cancellationToken">Cancels the evaluation.</param>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
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
        var actions = new byte[count * _environments.ActionSpace.ByteSize];
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
            _policy.Act(observations, epsilon, random, MemoryMarshal.Cast<byte, int>(actions.AsSpan()), [], []);
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
