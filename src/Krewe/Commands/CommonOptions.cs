using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;

namespace Krewe.Cli;

/// <summary>Options and helpers shared by several commands.</summary>
public static class CommonOptions
{
    /// <summary>The format of every <c>--json</c> output: one line, snake_case.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The <c>--json</c> option of a command with a result.</summary>
    public static Option<bool> JsonFlag() => new("--json") { Description = "Print the result as one JSON object on the last line." };

    /// <summary>The <c>--json</c> option of a command that prints a list.</summary>
    public static Option<bool> JsonListFlag() => new("--json") { Description = "Print the list as one JSON array." };

    /// <summary>The <c>--assembly</c> option.</summary>
    public static Option<string[]> Assemblies() => new("--assembly")
    {
        Description = "An assembly with environments ([Environment]) or agents ([LearningAgent]) of your own; may be given several times.",
        HelpName = "DLL",
    };

    /// <summary>An option that is a number in a range, which every refusal names.</summary>
    /// <param name="name">For example <c>--episodes</c>.</param>
    /// <param name="description">One line.</param>
    /// <param name="value">The default.</param>
    /// <param name="least">The smallest value allowed.</param>
    /// <param name="most">The largest value allowed.</param>
    /// <param name="helpName">Placeholder of the value in the help.</param>
    /// <typeparam name="T">Type of the number.</typeparam>
    public static Option<T> Number<T>(string name, string description, T value, T least, T most, string helpName = "N")
        where T : INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => value,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T? number) && number >= least && number <= most)
                {
                    return number;
                }

                string kind = typeof(T) == typeof(double) ? "a number" : "a whole number";
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} {text}: expected {kind} from {least} to {most}"));
                return value;
            },
        };

    /// <summary>The built-in environments and those of the user's assemblies, whose agents are registered too.</summary>
    /// <param name="assemblies">Paths of assemblies.</param>
    /// <exception cref="KreweException">An assembly cannot be loaded, or an environment in it is invalid.</exception>
    public static EnvironmentRegistry Registry(string[]? assemblies)
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        foreach (string path in assemblies ?? [])
        {
            Assembly assembly = EnvironmentRegistry.Load(path);
            ActingAgents.Register(assembly);
            registry.RegisterAssembly(assembly, path, mayBeEmpty: LearningAgents.Register(assembly));
        }

        return registry;
    }

    /// <summary>Throws if a run's environment is neither built in nor in the given assemblies.</summary>
    /// <param name="registry">The known environments.</param>
    /// <param name="id">Id of the run's environment.</param>
    /// <param name="path">The run or checkpoint, as the user named it.</param>
    /// <exception cref="InvalidOptionException">The environment is unknown.</exception>
    public static void CheckEnvironment(EnvironmentRegistry registry, string id, string path)
    {
        if (!registry.Ids.Contains(id))
        {
            throw new InvalidOptionException($"{path}: was trained on {id}, which is not built in; pass --assembly DLL with the assembly that declares it");
        }
    }

    /// <summary>Prints a warning on standard error.</summary>
    /// <param name="message">One line.</param>
    public static void Warn(string message) => Console.Error.WriteLine($"krewe: warning: {message}");
}
