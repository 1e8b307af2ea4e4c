using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Krewe.Tests;

/// <summary>The dependencies that the design allows each project.</summary>
public class DependencyTests
{
    // Contracts <- Environments, Networks, Replay <- Actors, Learner <- Runtime, Torch <- Cluster <- Edge <- Krewe.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Contracts"] = [],
        ["Environments"] = ["Contracts"],
        ["Networks"] = ["Contracts"],
        ["Replay"] = ["Contracts"],
        ["Actors"] = ["Contracts", "Environments", "Networks"],
        ["Learner"] = ["Contracts", "Networks", "Replay"],
        ["Torch"] = ["Contracts", "Learner", "Networks"],
        ["Runtime"] = ["Actors", "Contracts", "Environments", "Learner", "Networks", "Replay"],
        ["Contracts.Grains"] = ["Contracts"],
        ["Cluster"] = ["Actors", "Contracts", "Contracts.Grains", "Environments", "Learner", "Networks", "Replay", "Runtime", "Torch"],
        ["Edge"] = ["Cluster"],
        ["Krewe"] = ["Actors", "Cluster", "Contracts", "Contracts.Grains", "Edge", "Environments", "Learner", "Networks", "Replay", "Runtime", "Torch"],
    };

    // Packages of the projects that a program in one process uses: none but those named here.
    private static readonly Dictionary<string, string[]> AllowedPackages = new()
    {
        ["Contracts"] = [],
        ["Environments"] = ["System.Numerics.Tensors"],
        ["Networks"] = ["System.Numerics.Tensors"],
        ["Replay"] = ["System.Numerics.Tensors"],
        ["Actors"] = ["System.Numerics.Tensors"],
        ["Learner"] = ["System.Numerics.Tensors"],
        ["Runtime"] = [],
    };

    private static readonly Regex Foreign = new(@"\b(Orleans|Grpc|TorchSharp|Microsoft\.AspNetCore)\.\w|\busing\s+(static\s+)?(Orleans|Grpc|TorchSharp)\b", RegexOptions.CultureInvariant);

    public static TheoryData<string> Projects() => [.. Allowed.Keys];

    public static TheoryData<string> CoreProjects() => [.. AllowedPackages.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_design_lets_it_see(string project) =>
        Assert.Empty(References(Load(project)).Except(Allowed[project]));

    [Theory]
    [MemberData(nameof(CoreProjects))]
    public void A_project_uses_only_packages_of_the_designs_list(string project) =>
        Assert.Empty(Names(Load(project), "PackageReference").Except(AllowedPackages[project]));

    [Theory]
    [MemberData(nameof(CoreProjects))]
    public void A_project_uses_no_other_framework(string project) =>
        Assert.Equal(("Microsoft.NET.Sdk", 0), ((string)Load(project).Root!.Attribute("Sdk")!, Names(Load(project), "FrameworkReference").Count()));

    [Theory]
    [MemberData(nameof(CoreProjects))]
    public void No_source_file_of_core_names_what_belongs_to_the_cluster(string project)
    {
        string[] files = Directory.GetFiles(Path.Combine(Repository.Source, project), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, file => !IsBuildOutput(file) && NamesForeign(File.ReadLines(file)));
    }

    [Theory]
    [InlineData("using Orleans;")]
    [InlineData("using Grpc.Core;")]
    [InlineData("global using TorchSharp;")]
    [InlineData("    Microsoft.AspNetCore.Builder.WebApplication app;")]
    public void The_search_for_foreign_names_finds_them(string line) => Assert.True(NamesForeign([line]));

    [Fact]
    public void The_check_of_references_finds_an_arrow_that_points_back()
    {
        XDocument project = XDocument.Parse("""<Project><ItemGroup><ProjectReference Include="..\Krewe\Krewe.csproj" /></ItemGroup></Project>""");
        Assert.Equal(["Krewe"], References(project).Except(Allowed["Contracts"]));
    }

    [Fact]
    public void Every_project_of_the_solution_is_covered()
    {
        XDocument solution = XDocument.Load(Path.Combine(Repository.Root, "Krewe.slnx"));
        string[] projects = [.. solution.Descendants("Project").Select(project => (string)project.Attribute("Path")!)];
        Assert.Equal(
            Allowed.Keys.Order(),
            projects.Where(path => path.StartsWith("src/", StringComparison.Ordinal)).Select(path => path.Split('/')[1]).Order());
    }

    private static XDocument Load(string project) =>
        XDocument.Load(Assert.Single(Directory.GetFiles(Path.Combine(Repository.Source, project), "*.csproj")));

    private static IEnumerable<string> Names(XDocument project, string item) =>
        project.Descendants(item).Select(reference => (string)reference.Attribute("Include")!);

    // The folder of a referenced project is its name in the design.
    private static IEnumerable<string> References(XDocument project) =>
        Names(project, "ProjectReference").Select(path => path.Replace('\\', '/').Split('/')[^2]);

    // Comments may speak of what comes next.
    private static bool NamesForeign(IEnumerable<string> lines) =>
        lines.Any(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Foreign.IsMatch(line));

    private static bool IsBuildOutput(string file) =>
        Path.GetRelativePath(Repository.Source, file).Split(Path.DirectorySeparatorChar) is { Length: > 1 } parts && parts[1] is "obj" or "bin";
}
