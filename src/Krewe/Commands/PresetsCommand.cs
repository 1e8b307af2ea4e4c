using System.CommandLine;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe presets</c>.</summary>
internal static class PresetsCommand
{
    private static readonly Argument<string?> Name = new("NAME") { Description = "A preset to show whole.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> ListOptions = new("--options") { Description = "List every option with its default, range and meaning." };

    public static Command Build()
    {
        var command = new ExampleCommand(
            "presets",
            "Lists the presets, shows one, or lists every option.",
            "krewe presets",
            "krewe presets CartPole-v1",
            "krewe presets --options")
        {
            Name, ListOptions,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        if (parsed.GetValue(ListOptions))
        {
            var defaults = new TrainingOptions();
            var json = OptionBinder.ToJson(defaults);
            foreach (OptionInfo option in OptionSchema.All)
            {
                System.Text.Json.Nodes.JsonNode? node = json;
                foreach (string part in option.Key.Split('.'))
                {
                    node = node?[part];
                }

                string range = option.Range.Length > 0 ? $" ({option.Range})" : "";
                Console.Out.WriteLine($"{option.Key,-32} {(node is System.Text.Json.Nodes.JsonObject ? "" : node?.ToJsonString()),-10} {option.Attribute.Description}{range}");
            }
        }
        else if (parsed.GetValue(Name) is { } name)
        {
            Console.Out.Write(Preset.Text(name));
        }
        else
        {
            foreach (string preset in Preset.Names)
            {
                Console.Out.WriteLine($"{preset,-24} {Preset.Summary(preset)}");
            }
        }

        return 0;
    }
}
