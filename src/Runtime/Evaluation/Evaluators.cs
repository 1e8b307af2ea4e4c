using System.Text.Json;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;

namespace Krewe.Runtime;

/// <summary>Creates evaluators, for a run and for <c>krewe evaluate</c>.</summary>
public static class Evaluators
{
    /// <summary>Creates an evaluator for a run.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="registry">Creates the environments.</param>
    /// <param name="episodes">Episodes per evaluation.</param>
    public static Evaluator Make(RunPlan plan, EnvironmentRegistry registry, int episodes) =>
        Make(registry, plan.Options, plan.Environment, plan.Policy, episodes);

    /// <summary>Creates an evaluator for an existing network.</summary>
    /// <param name="registry">Creates the environments.</param>
    /// <param name="options">The options of the network's run.</param>
    /// <param name="environment">The specification of its environment.</param>
    /// <param name="policy">What the policy is made of.</param>
    /// <param name="episodes">Episodes per evaluation.</param>
    public static Evaluator Make(EnvironmentRegistry registry, TrainingOptions options, EnvironmentSpec environment, PolicySpec policy, int episodes)
    {
        // A time limit resets the episodes that it truncates. If the evaluator truncated them itself, the rest of an episode would count
        // as another episode.
        int limit = Math.Min(environment.MaxEpisodeSteps ?? int.MaxValue, options.Evaluation.MaxEpisodeSteps);
        var arguments = new Dictionary<string, JsonElement>(options.Environment.Kwargs)
        {
            ["max_episode_steps"] = JsonSerializer.SerializeToElement(limit),
        };
        return new Evaluator(
            registry.MakeVector(options.Environment.Id, Evaluator.EnvironmentsFor(episodes), arguments, options.Environment.CheckBounds),
            policy,
            options.Agent.Kind,
            limit);
    }
}
