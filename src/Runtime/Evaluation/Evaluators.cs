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
    /// <param name="registry">Where its environments come from.</param>
    /// <param name="episodes">Episodes per evaluation.</param>
    public static Evaluator Make(RunPlan plan, EnvironmentRegistry registry, int episodes) =>
        Make(registry, plan.Options, plan.Environment, plan.Network, episodes);

    /// <summary>Creates an evaluator for an existing network.</summary>
    /// <param name="registry">Where environments come from.</param>
    /// <param name="options">The options of the network's run.</param>
    /// <param name="environment">The specification of its environment.</param>
    /// <param name="network">The network.</param>
    /// <param name="episodes">Episodes per evaluation.</param>
    public static Evaluator Make(EnvironmentRegistry registry, TrainingOptions options, EnvironmentSpec environment, NetworkSpec network, int episodes)
    {
        // A time limit resets the episodes that it truncates. The evaluator's own cut cannot: it would count the rest of the episode as another.
        int limit = Math.Min(environment.MaxEpisodeSteps ?? int.MaxValue, options.Evaluation.MaxEpisodeSteps);
        var arguments = new Dictionary<string, JsonElement>(options.Environment.Kwargs)
        {
            ["max_episode_steps"] = JsonSerializer.SerializeToElement(limit),
        };
        return new Evaluator(
            registry.MakeVector(options.Environment.Id, Evaluator.EnvironmentsFor(episodes), arguments, options.Environment.CheckBounds),
            new InferenceNetwork(network),
            limit);
    }
}
