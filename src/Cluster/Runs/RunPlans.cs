using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>Creates the plan of a run from its specification, on any silo.</summary>
internal static class RunPlans
{
    /// <summary>Parses and validates a specification's options.</summary>
    /// <param name="specification">The specification.</param>
    /// <param name="registry">Creates the environment on this silo.</param>
    /// <exception cref="InvalidOptionException">The options are invalid, or the environment is unknown on this silo or has other shapes.</exception>
    public static RunPlan Make(RunSpecification specification, EnvironmentRegistry registry)
    {
        TrainingOptions options = Options(specification);
        string environment = options.Environment.Id;
        if (!registry.Ids.Contains(environment))
        {
            throw new InvalidOptionException(
                $"run {specification.RunId}: silo {System.Environment.MachineName} does not know the environment {environment}{NearestName.Suggestion(environment, registry.Ids)}; for a user-defined environment, start every silo with its assembly: krewe serve --assembly DLL");
        }

        RunPlan plan = RunPlan.Create(options, registry);
        return specification.SegmentHash == 0 || specification.SegmentHash == plan.Segments.Hash
            ? plan
            : throw new InvalidOptionException(
                $"run {specification.RunId}: {plan.Environment.Id} differs on {System.Environment.MachineName} from the silo where the run was created: {plan.Segments} (spec hash {plan.Segments.Hash:x16}, the run's is {specification.SegmentHash:x16}); give every silo the same --assembly");
    }

    /// <summary>Parses a specification's options.</summary>
    /// <param name="specification">The specification.</param>
    /// <exception cref="InvalidOptionException">They are not a JSON object of options.</exception>
    public static TrainingOptions Options(RunSpecification specification)
    {
        try
        {
            return JsonNode.Parse(specification.OptionsJson) is JsonObject json
                ? new OptionBinder().Apply(json, $"run {specification.RunId}").Bind()
                : throw new InvalidOptionException($"run {specification.RunId}: its options are not a JSON object");
        }
        catch (JsonException e)
        {
            throw new InvalidOptionException($"{JsonPlace.In($"options of run {specification.RunId}", e)}: not valid JSON, expected an object of options", e);
        }
    }

    /// <summary>Fetches a run's specification and creates the plan.</summary>
    /// <param name="grains">The grain factory.</param>
    /// <param name="runId">The run.</param>
    /// <param name="registry">Creates the environment on this silo.</param>
    /// <exception cref="InvalidOptionException">The run does not exist, or is not possible on this silo.</exception>
    public static async Task<(RunPlan Plan, RunSpecification Specification)> Fetch(IGrainFactory grains, string runId, EnvironmentRegistry registry)
    {
        RunSpecification specification = await grains.GetGrain<ITrainingRunGrain>(runId).GetSpecification()
            ?? throw new InvalidOptionException($"run {runId}: there is no such run");
        return (Make(specification, registry), specification);
    }
}
