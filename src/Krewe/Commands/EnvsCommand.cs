using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;

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
        IReadOnlyList<EnvironmentSpec> specs = CommonOptions.Registry(parsed.GetValue(Assemblies)).Specs;
        if (parsed.GetValue(Json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                specs.Select(spec => new
                {
                    spec.Id,
                    ObservationSpace = spec.ObservationSpace.ToString(),
                    ActionSpace = spec.ActionSpace.ToString(),
                    spec.MaxEpisodeSteps,
                    spec.RewardThreshold,
                }),
                CommonOptions.Json));
            return 0;
        }

        foreach (EnvironmentSpec spec in specs)
        {
            string limit = spec.MaxEpisodeSteps?.ToString(CultureInfo.InvariantCulture) ?? "none";
            string threshold = spec.RewardThreshold?.ToString(CultureInfo.InvariantCulture) ?? "none";
            Console.Out.WriteLine($"{spec.Id,-26} {spec.ActionSpace,-12} limit {limit,-5} threshold {threshold,-6} {spec.ObservationSpace}");
        }

        return 0;
    }
}
