using System.Text.Json;
using Krewe.Actors.Evaluation;
using Krewe.Contracts.Environments;
using Krewe.Contracts.Networks;
using Krewe.Contracts.Options;
using Krewe.Environments;
using Krewe.Learner.Networks;

namespace Krewe;

/// <summary>Makes evaluators, for a run and for <c>krewe evaluate</c>.</summary>
internal static class Evaluators
{
    public static Evaluator Make(EnvironmentRegistry registry, TrainingOptions options, EnvironmentSpec environment, NetworkSpec network, int episodes)
    {
        // A time limit starts what it cuts anew. The evaluator's own cut cannot: it would count the rest of the episode as another.
        int limit = Math.Min(environment.MaxEpisodeSteps ?? int.MaxValue, options.Evaluation.MaxEpisodeSteps);
        var arguments = new Dictionary<string, JsonElement>(options.Environment.Kwargs)
        {
            ["max_episode_steps"] = JsonSerializer.SerializeToElement(limit),
        };
        return new Evaluator(
            registry.MakeVector(options.Environment.Id, Evaluator.EnvironmentsFor(episodes), arguments), new MlpInference(network), limit);
    }
}
