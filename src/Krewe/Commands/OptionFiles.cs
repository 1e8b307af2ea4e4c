using System.CommandLine;
using System.CommandLine.Parsing;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>
/// Response files: <c>krewe serve @silo.options</c>. They contain words as on the command line, on any number of lines; a line that begins
/// with # is a comment. The command line overrides the files, and a later file overrides an earlier one.
/// </summary>
internal static class OptionFiles
{
    private const int LargestFile = 1 << 20;

    /// <summary>Replaces <c>@FILE</c> by the words of the file, without the options that are already given.</summary>
    /// <param name="root">The program's commands.</param>
    /// <param name="args">The command line.</param>
    /// <exception cref="InvalidOptionException">A file cannot be read.</exception>
    public static string[] Expand(RootCommand root, string[] args)
    {
        int end = CommandLineHost.EndOfOptions(args);
        string[] files = [.. args[..end].Where(IsFile)];
        if (files.Length == 0)
        {
            return args;
        }

        string[] typed = [.. args[..end].Where(arg => !IsFile(arg)), .. args[end..]];
        Dictionary<string, string[]> contents = files.Distinct().ToDictionary(file => file, Read);

        // The command may stand in a file.
        ParseResult parsed = CommandLineHost.Parse(root, [.. files.SelectMany(file => contents[file]), .. typed]);
        Dictionary<string, Option> single = CommandLineHost.OptionsOf(parsed)
            .Where(option => option.Arity.MaximumNumberOfValues == 1)
            .ToDictionary(option => option.Name);
        HashSet<string> given = [.. typed.Select(NameOf)];
        List<string> words = [];
        foreach (string file in files.Reverse())
        {
            List<string> left = Without(contents[file], single, given);
            words.InsertRange(0, left);
            given.UnionWith(left.Select(NameOf));
        }

        // Before what was typed, so that of several values of an option the typed ones come last.
        int start = 0;
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: not RootCommand } command; result = result.Parent)
        {
            start = Math.Max(start, Array.IndexOf(typed, command.Command.Name) + 1);
        }

        return [.. typed[..start], .. words, .. typed[start..]];
    }

    private static bool IsFile(string arg) => arg.Length > 1 && arg[0] == '@';

    private static string NameOf(string word) => word.Split('=', ':')[0];

    private static List<string> Without(string[] words, Dictionary<string, Option> single, HashSet<string> given)
    {
        List<string> left = [];
        for (int i = 0; i < words.Length; i++)
        {
            string name = NameOf(words[i]);
            if (!given.Contains(name) || !single.TryGetValue(name, out Option? option))
            {
                left.Add(words[i]);
            }
            else if (name == words[i] && i + 1 < words.Length && (option.Arity.MinimumNumberOfValues > 0 || bool.TryParse(words[i + 1], out _)))
            {
                // Its value is the next word.
                i++;
            }
        }

        return left;
    }

    private static string[] Read(string file)
    {
        try
        {
            // Bounded, because a device such as /dev/zero is endless.
            using StreamReader reader = File.OpenText(file[1..]);
            char[] text = new char[LargestFile + 1];
            int length = reader.ReadBlock(text);
            if (length > LargestFile)
            {
                throw new InvalidOptionException($"{file}: has more than {LargestFile} characters, expected a file of options");
            }

            string[] words = [.. new string(text, 0, length).Split('\n').Where(line => !line.TrimStart().StartsWith('#')).SelectMany(CommandLineParser.SplitCommandLine)];
            return Array.Find(words, IsFile) is { } other
                ? throw new InvalidOptionException($"{file}: names {other}, but a file of options cannot name another; name both on the command line")
                : words;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOptionException($"{file}: cannot be read, expected a file of options: {FileFault.Reason(e)}", e);
        }
    }
}
