using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>Tuned options by name. Each preset is an embedded JSON file, whose comments give the sources of the values.</summary>
public static class Preset
{
    private const string Prefix = "Krewe.Presets.";
    private const string Suffix = ".json";
    private const int LargestFile = 1 << 20;

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
    public static TrainingOptions Load(string name) => Apply(new OptionBinder(), name).Bind();

    /// <summary>The options for an environment: the named presets and files in order or, if none is named, the environment's own preset if any.</summary>
    /// <param name="environmentId">The environment; null if a preset or file sets it.</param>
    /// <param name="namesOrFiles">Names of presets or paths of JSON files; later ones override earlier ones.</param>
    /// <returns>A binder, to which further layers can be added.</returns>
    /// <exception cref="InvalidOptionException">A preset or file does not exist, or has an error in it.</exception>
    public static OptionBinder LoadFor(string? environmentId, IReadOnlyList<string> namesOrFiles)
    {
        bool hasOwn = environmentId is not null && Names.Contains(environmentId) && !namesOrFiles.Any(Names.Contains);
        return (hasOwn ? namesOrFiles.Prepend(environmentId!) : namesOrFiles).Aggregate(new OptionBinder(), Apply);
    }

    /// <summary>The text of a preset, comments included.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidOptionException">There is no such preset.</exception>
    public static string Text(string name)
    {
        using Stream? stream = typeof(Preset).Assembly.GetManifestResourceStream(Prefix + name + Suffix);
        if (stream is null)
        {
            throw new InvalidOptionException(
                $"unknown preset '{name}'{NearestName.Suggestion(name, Names)}; expected one of {string.Join(", ", Names)}, or a file");
        }

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The purpose of a preset: the first line of its text.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static string Summary(string name) => Text(name).Split('\n', 2)[0].TrimStart('/', ' ').Trim();

    private static OptionBinder Apply(OptionBinder binder, string nameOrFile)
    {
        if (!Names.Contains(nameOrFile) && Directory.Exists(nameOrFile))
        {
            throw new InvalidOptionException($"--preset {nameOrFile}: is a folder, expected the name of a preset or a JSON file of options");
        }

        bool isFile = !Names.Contains(nameOrFile) && File.Exists(nameOrFile);
        return binder.Apply(Parse(isFile ? ReadFile(nameOrFile) : Text(nameOrFile), nameOrFile), isFile ? nameOrFile : $"preset {nameOrFile}");
    }

    private static string ReadFile(string path)
    {
        try
        {
            // Limited, because a device such as /dev/zero is endless.
            using StreamReader reader = File.OpenText(path);
            char[] text = new char[LargestFile + 1];
            int length = reader.ReadBlock(text);
            return length <= LargestFile
                ? new string(text, 0, length)
                : throw new InvalidOptionException($"--preset {path}: has more than {LargestFile} characters, expected a JSON file of options");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOptionException($"--preset {path}: cannot be read: {FileFault.Reason(e)}", e);
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
            string fault = e.LineNumber is null ? "has a property twice" : "not valid JSON";
            throw new InvalidOptionException(
                $"--preset {JsonPlace.In(name, e)}: {fault}, expected an object of options such as {{ \"learner\": {{ \"batch_size\": 64 }} }}", e);
        }
    }
}
