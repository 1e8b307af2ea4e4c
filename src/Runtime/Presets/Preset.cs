using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>Tuned options by name, one JSON file each beside this class (comments in them say where the numbers come from).</summary>
public static class Preset
{
    private const string Prefix = "Krewe.Presets.";
    private const string Suffix = ".json";

    private static readonly JsonDocumentOptions WithComments = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>The names, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(Preset).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal)];

    /// <summary>The options of a preset.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidOptionException">There is no such preset.</exception>
    public static TrainingOptions Load(string name)
    {
        var options = new TrainingOptions();
        OptionBinder.Apply(options, Parse(Text(name), name), $"preset {name}");
        return options;
    }

    /// <summary>The options for an environment: its own preset if it has one and none is named, then the named presets and files in order.</summary>
    /// <param name="environmentId">The environment; null when a preset or file names it.</param>
    /// <param name="namesOrFiles">Names of presets or paths of JSON files, laid over each other.</param>
    /// <exception cref="InvalidOptionException">A preset or file does not exist, or has an error in it.</exception>
    public static TrainingOptions LoadFor(string? environmentId, IReadOnlyList<string> namesOrFiles)
    {
        var options = new TrainingOptions();
        if (environmentId is not null && !namesOrFiles.Any(Names.Contains) && Names.Contains(environmentId))
        {
            options = Load(environmentId);
        }

        foreach (string name in namesOrFiles)
        {
            bool isPreset = Names.Contains(name);
            OptionBinder.Apply(options, Parse(isPreset ? Text(name) : ReadFile(name), name), isPreset ? $"preset {name}" : name);
        }

        return options;
    }

    /// <summary>The text of a preset, comments included.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidOptionException">There is no such preset.</exception>
    public static string Text(string name)
    {
        using Stream? stream = typeof(Preset).Assembly.GetManifestResourceStream(Prefix + name + Suffix);
        if (stream is null)
        {
            throw Unknown(name);
        }

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>What a preset is for: the first line of its text.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static string Summary(string name) => Text(name).Split('\n', 2)[0].TrimStart('/', ' ').Trim();

    private static string ReadFile(string path)
    {
        if (!File.Exists(path))
        {
            throw Unknown(path);
        }

        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOptionException($"--preset {path}: cannot be read: {e.Message}", e);
        }
    }

    private static JsonObject Parse(string text, string name)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: WithComments) as JsonObject
                ?? throw new InvalidOptionException($"--preset {name}: expected a JSON object of options");
        }
        catch (JsonException e)
        {
            throw new InvalidOptionException($"--preset {name}: not JSON: {e.Message}", e);
        }
    }

    private static InvalidOptionException Unknown(string name) => new(
        $"unknown preset '{name}'{NearestName.Suggestion(name, Names)}; expected one of {string.Join(", ", Names)}, or a file");
}
