using System.CommandLine;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe presets</c>.</summary>
internal static class PresetsCommand
{
    private static readonly Argument<string?> Name = new("NAME") { Description = "A preset to show in full.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> ListOptions = new("--options") { Description = "List every option with its default, range and meaning." };
    private static readonly Option<string[]> Assemblies = CommonOptions.Assemblies();
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "presets",
            "Lists the presets, shows one, or lists every option.",
            "krewe presets",
            "krewe presets CartPole-v1",
            "krewe presets --options --json")
        {
            Name, ListOptions, Assemblies, Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        // Agents of these have options of their own.
        CommonOptions.Registry(parsed.GetValue(Assemblies));
        bool json = parsed.GetValue(Json);
        if (parsed.GetValue(ListOptions) && parsed.GetValue(Name) is { } both)
        {
            throw new InvalidOptionException($"NAME {both} and {ListOptions.Name}: give only one of them");
        }

        if (parsed.GetValue(ListOptions))
        {
            JsonObject defaults = OptionBinder.ToJson(new TrainingOptions(), ofAllAgents: true);
            Print("options", OptionSchema.All, json, option => Described(option, defaults), option =>
            {
                JsonNode? value = option.In(defaults);
                string range = option.Range.Length > 0 ? $" ({option.Range})" : "";
                return $"{option.Key,-32} {(value is JsonObject ? "" : value?.ToJsonString()),-10} {option.Attribute.Description}{range}";
            });
        }
        else if (parsed.GetValue(Name) is { } name)
        {
            Console.Out.Write(json ? OptionBinder.ToJson(Preset.Load(name)).ToJsonString(CommonOptions.Json) + "\n" : Preset.Text(name));
        }
        else
        {
            int width = Preset.Names.Max(preset => preset.Length);
            Print(
                "presets",
                Preset.Names,
                json,
                preset => new JsonObject { ["name"] = preset, ["summary"] = Preset.Summary(preset) },
                preset => $"{preset.PadRight(width)} {Preset.Summary(preset)}");
        }

        return 0;
    }

    private static void Print<T>(string what, IEnumerable<T> items, bool json, Func<T, JsonNode> describe, Func<T, string> line) =>
        Console.Out.WriteLine(json
            ? new JsonObject { [what] = new JsonArray([.. items.Select(describe)]) }.ToJsonString(CommonOptions.Json)
            : string.Join('\n', items.Select(line)));

    private static JsonObject Described(OptionInfo option, JsonObject defaults) => new()
    {
        ["key"] = option.Key,
        ["default"] = option.In(defaults)?.DeepClone(),
        ["expected"] = option.Expected,
        ["range"] = option.Range,
        ["description"] = option.Attribute.Description,
    };
}
