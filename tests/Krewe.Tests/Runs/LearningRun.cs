using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>The learner's side of a run, composed as in a host, on a scripted replay.</summary>
internal sealed class LearningRun : IDisposable
{
    public LearningRun(RunFolder? folder = null, Action<TrainingOptions>? change = null)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1");
        change?.Invoke(options);
        Registry = EnvironmentRegistry.CreateDefault();
        Plan = RunPlan.Create(options, Registry);
        Counters = Resuming.Counters(Plan, checkpoint: null);
        var network = new MlpNetwork((NetworkSpec)Plan.Policy, options.Learner, RandomStreams.Create(options.Run.Seed, RandomStream.Network));
        Learner = new GradientLearner(options.Learner, Plan.Segments, network, new DqnObjective(TemporalDifference.Of(options.Learner)), Replay, new PolicyBoard(Plan.Policy), Counters);
        Record = new RunRecord(
            Plan,
            Learner,
            Counters,
            Resuming.Evaluations(Plan, checkpoint: null, folder: null, _ => { }),
            Evaluators.Make(Plan, Registry, options.Evaluation.Episodes),
            folder,
            Stop,
            () => new TrainingProgress(
                TimeSpan.FromSeconds(1.5),
                Counters.EnvironmentSteps,
                options.Run.Steps,
                Counters.Updates,
                Counters.Episodes,
                MeanReturn: 21.5,
                Epsilon: 0.25,
                LastUpdate,
                Learner.PolicyVersion,
                PolicyLag: 0,
                new ReplayStatistics { Size = 10 },
                LastEvaluation: null,
                BestMean: null),
            () => [new Pcg64(seed: 7).State]);
    }

    /// <summary>The last update that the run reports.</summary>
    public TrainResult LastUpdate { get; set; } = new(0.5f, 12, 3);

    public EnvironmentRegistry Registry { get; }

    public RunPlan Plan { get; }

    public RunCounters Counters { get; }

    public ScriptedReplay Replay { get; } = new();

    public GradientLearner Learner { get; }

    public RunStop Stop { get; } = new();

    public RunRecord Record { get; }

    public void Dispose()
    {
        Record.Dispose();
        Learner.Dispose();
        Stop.Dispose();
    }
}
