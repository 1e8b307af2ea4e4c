using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>Helpers for small runs.</summary>
internal static class Sessions
{
    /// <summary>The time after which a run counts as hanging; long enough for a busy machine.</summary>
    public static readonly TimeSpan TestTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Options under which a run of a few thousand steps does hundreds of updates and several evaluations.</summary>
    public static TrainingOptions Small(string environment, long steps = 4_000, long seed = 0, bool deterministic = true)
    {
        var options = new TrainingOptions();
        options.Environment.Id = environment;
        options.Run.Steps = steps;
        options.Run.Seed = seed;
        options.Run.Deterministic = deterministic;
        options.Actor.Environments = 8;
        options.Actor.SegmentLength = 8;
        options.Replay.Capacity = 4_000;
        options.Replay.MinSize = 200;
        options.Replay.SamplesPerInsert = 2;
        options.Network.Hidden = [16];
        options.Learner.BatchSize = 16;
        options.Learner.TargetPeriod = 20;
        options.Learner.PublishPeriod = 5;
        options.Evaluation.Interval = 1_000;
        options.Evaluation.Episodes = 4;
        options.Evaluation.FinalEpisodes = 4;
        return options;
    }

    /// <summary>Runs a session on another thread, so that a hang fails the test instead of blocking the test run.</summary>
    public static Task<TrainingResult> Start(TrainingSession session, CancellationToken cancellationToken = default) =>
        Task.Factory.StartNew(() => session.Run(cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .WaitAsync(TestTimeout, CancellationToken.None);

    /// <summary>Creates a registry of the built-in environments and one defined by the test.</summary>
    public static EnvironmentRegistry With(
        string id, Func<long, StepResult> step, int? maxEpisodeSteps = 10, double? threshold = null, Func<IVectorEnvironment>? vector = null)
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        registry.Register(Registration(id, step, maxEpisodeSteps, threshold, vector));
        return registry;
    }

    /// <summary>Creates the registration of an environment defined by the test.</summary>
    public static EnvironmentRegistration Registration(
        string id, Func<long, StepResult> step, int? maxEpisodeSteps = 10, double? threshold = null, Func<IVectorEnvironment>? vector = null)
    {
        var counter = new StepCounter();
        return new EnvironmentRegistration
        {
            Id = id,
            MaxEpisodeSteps = maxEpisodeSteps,
            RewardThreshold = threshold,
            Create = _ => new Scripted(counter, step),
            CreateVector = vector is null ? null : (_, _, _) => vector(),
        };
    }

    private sealed class StepCounter
    {
        private long _steps;

        public long Next() => Interlocked.Increment(ref _steps);
    }

    /// <summary>
    /// An environment whose steps the test computes from their number over all instances; a reward of NaN means an observation of NaN.
    /// </summary>
    private sealed class Scripted(StepCounter counter, Func<long, StepResult> step) : Environment<float>(new BoxSpace(0, 1, [3]), new DiscreteSpace(2))
    {
        public override StepResult Step(int action, Span<float> observation)
        {
            StepResult result = step(counter.Next());
            observation.Fill(0.5f);
            if (double.IsNaN(result.Reward))
            {
                observation[1] = float.NaN;
                return Continue(reward: 0);
            }

            return result;
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }
}
