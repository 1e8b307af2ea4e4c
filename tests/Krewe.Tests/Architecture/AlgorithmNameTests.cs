using System.Text.RegularExpressions;
using Krewe.Learner;

namespace Krewe.Tests;

/// <summary>An algorithm is one folder: its name stands in its folders, its torch twin and its presets only.</summary>
public class AlgorithmNameTests
{
    public static TheoryData<string> Kinds() => [.. LearningAgents.All.Where(agent => agent.GetType().Assembly == typeof(LearningAgents).Assembly).Select(agent => agent.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_code_outside_an_algorithms_folder_knows_it_by_name(string kind)
    {
        string name = string.Concat(kind.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        var spelled = new Regex($@"""{kind}""|\b{name}(Agent|Objective|Options)?\b", RegexOptions.CultureInvariant);
        string src = Path.Combine(Repository.Root, "src");
        string[] own = [Path.Combine(src, "Learner", "Agents", name), Path.Combine(src, "Actors", "Agents", name), Path.Combine(src, "Torch", "Objectives", $"{name}.cs")];
        Assert.True(Directory.Exists(own[0]), $"{own[0]}: the folder of agent {kind}");
        Assert.Empty(
            from file in Directory.EnumerateFiles(src, "*.cs", SearchOption.AllDirectories)
            where !own.Any(path => file.StartsWith(path, StringComparison.Ordinal)) && !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            from line in File.ReadLines(file)
            where spelled.IsMatch(Comment.Replace(line, ""))
            select $"{Path.GetRelativePath(src, file)}: {line.Trim()}");
    }

    private static readonly Regex Comment = new(@"//.*$", RegexOptions.CultureInvariant);
}
