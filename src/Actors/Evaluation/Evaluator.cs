using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Actors;

/// <summary>
/// Evaluates a policy on separate environments, with the behaviour of its agent. Each environment plays a fixed share of the episodes:
/// taking the first episodes to end would count short ones too often. Not thread-safe; owns and disposes its environments.
/// </summary>
public sealed class Evaluator : IDisposable
{
    /// <summary>The maximum number of environments stepped together.</summary>
    public const int MaxEnvironments = 128;

    private readonly IVectorEnvironment _environments;
    private readonly PolicyBoard _policies;
    private readonly SegmentSpec _spec;
    private readonly string _agent;
    private readonly int _maxEpisodeSteps;
    private readonly CallClock _call = new();

    /// <summary>Creates an evaluator.</summary>
    /// <param name="environments">The environments, created for evaluation; at most as many as there are episodes.</param>
    /// <param name="policy">What the policy is made of.</param>
    /// <param name="agent">The kind of the agent, which says how the policy acts.</param>
    /// <param name="maxEpisodeSteps">
    /// Steps after which an episode is cut short and counted with its return so far: in an environment without a time limit, a greedy
    /// policy can loop forever.
    /// </param>
    /// <exception cref="ArgumentException">The network's inputs do not match its observations.</exception>
    public Evaluator(IVectorEnvironment environments, PolicySpec policy, string agent, int maxEpisodeSteps)
    {
        _maxEpisodeSteps = maxEpisodeSteps;
        _environments = environments;
        _policies = new PolicyBoard(policy);
        _spec = new SegmentSpec(environments.ObservationSpace, environments.ActionSpace);
        _agent = agent;
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
    /// <param name="parameters">The parameters of the policy, in the order of <see cref="PolicySpec"/>.</param>
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
    public void Dispose() => _environments.Dispose();

    private EvaluationResult Play(ReadOnlySpan<float> parameters, int episodes, double epsilon, ulong seed, CancellationToken cancellationToken)
    {
        int count = _environments.Count;
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, count);
        _policies.Publish(_policies.Version + 1, parameters);

        // A new behaviour for each evaluation: what it remembers of one must not change the next.
        var options = new ActorOptions { Count = 1, Environments = count, Epsilon = Schedule.Constant(epsilon) };
        var random = new Pcg64(seed, (uint)RandomStream.Exploration);
        using IBehaviour behaviour = ActingAgents.Create(
            _agent, new ActingContext(ActorId: 0, options, _spec, count, _policies, random) { ActionSpace = _environments.ActionSpace, IsEvaluation = true });
        behaviour.Refresh();
        int bytes = count * _spec.ObservationBytes;
        var observations = new byte[bytes];
        var actions = new byte[count * _spec.ActionBytes];
        var probabilities = new float[count];
        var greedy = new byte[count];
        var step = new VectorStep
        {
            Observations = observations,
            FinalObservations = new byte[bytes],
            Rewards = new float[count],
            Terminated = new byte[count],
            Truncated = new byte[count],
        };
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
            behaviour.Act(observations, step: 0, actions, probabilities, greedy);
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
