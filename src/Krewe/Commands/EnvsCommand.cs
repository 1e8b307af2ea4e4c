using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Cli;

/// <summary><c>krewe envs</c> and <c>krewe envs verify</c>.</summary>
internal static class EnvsCommand
{
    private static readonly Option<string[]> Assemblies = CommonOptions.Assemblies();
    private static readonly Option<bool> Json = CommonOptions.JsonListFlag();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "envs",
            "Lists the environments with their spaces.",
            "krewe envs",
            "krewe envs verify recordings/CartPole-v1.jsonl.gz")
        {
            Assemblies, Json, VerifyCommand.Build(),
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        EnvironmentRegistry registry = CommonOptions.Registry(parsed.GetValue(Assemblies));
        IEnumerable<(string Id, EnvironmentSpec? Spec, string? Error)> listed = registry.Ids.Select(id => Describe(registry, id));
        if (parsed.GetValue(Json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                listed.Select(environment => new
                {
                    environment.Id,
                    ObservationSpace = environment.Spec?.ObservationSpace.ToString(),
                    ActionSpace = environment.Spec?.ActionSpace.ToString(),
                    environment.Spec?.MaxEpisodeSteps,
                    environment.Spec?.RewardThreshold,
                    environment.Error,
                }),
                CommonOptions.Json));
            return 0;
        }

        foreach ((string id, EnvironmentSpec? spec, string? error) in listed)
        {
            string limit = spec?.MaxEpisodeSteps?.ToString(CultureInfo.InvariantCulture) ?? "none";
            string threshold = spec?.RewardThreshold?.ToString(CultureInfo.InvariantCulture) ?? "none";
            Console.Out.WriteLine(spec is null
                ? $"{id,-26} cannot be made: {error}"
                : $"{id,-26} {spec.ActionSpace,-12} limit {limit,-5} threshold {threshold,-6} {spec.ObservationSpace}");
        }

        return 0;
    }

    // One environment that cannot be made does not hide the others.
    private static (string Id, EnvironmentSpec? Spec, string? Error) Describe(EnvironmentRegistry registry, string id)
    {
        try
        {
            return (id, registry.GetSpec(id), null);
        }
        catch (KreweException e)
        {
            string own = $"{id}: ";
            return (id, null, (e.Message.StartsWith(own, StringComparison.Ordinal) ? e.Message[own.Length..] : e.Message).ReplaceLineEndings(" "));
        }
    }
}
