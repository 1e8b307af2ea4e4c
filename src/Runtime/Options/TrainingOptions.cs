using Krewe.Actors;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;

namespace Krewe.Runtime;

/// <summary>All options of a training run, area by area. Keys in files are these names in snake_case: <c>learner.batch_size</c>.</summary>
public sealed class TrainingOptions
{
    /// <summary>The run as a whole.</summary>
    public RunOptions Run { get; set; } = new();

    /// <summary>The environment.</summary>
    public EnvironmentOptions Environment { get; set; } = new();

    /// <summary>The actors.</summary>
    public ActorOptions Actor { get; set; } = new();

    /// <summary>Replay.</summary>
    public ReplayOptions Replay { get; set; } = new();

    /// <summary>The agent.</summary>
    public AgentOptions Agent { get; set; } = new();

    /// <summary>The Q-network.</summary>
    public NetworkOptions Network { get; set; } = new();

    /// <summary>The learner.</summary>
    public LearnerOptions Learner { get; set; } = new();

    /// <summary>Evaluation.</summary>
    public EvaluationOptions Evaluation { get; set; } = new();
}
