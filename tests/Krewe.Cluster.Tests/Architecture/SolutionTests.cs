using System.Xml.Linq;
using Krewe.Tests.Architecture;

namespace Krewe.Cluster.Tests.Architecture;

public sealed class SolutionTests
{
    [Fact]
    public void The_clusters_solution_has_every_project_of_the_core_solution() =>
        Assert.Empty(Projects("Krewe.slnx").Except(Projects("Krewe.Cluster.slnx")));

    [Fact]
    public void The_core_solution_has_nothing_that_needs_the_clusters_packages() =>
        Assert.DoesNotContain(Projects("Krewe.slnx"), path => path.Contains("Cluster", StringComparison.Ordinal) || path.Contains("Grains", StringComparison.Ordinal));

    [Fact]
    public void A_client_of_the_contracts_needs_no_implementation()
    {
        XDocument contracts = XDocument.Load(Path.Combine(Repository.Source, "Contracts.Grains", "Krewe.Contracts.Grains.csproj"));
        Assert.Equal(
            ["../Contracts/Krewe.Contracts.csproj"],
            contracts.Descendants("ProjectReference").Select(reference => (string)reference.Attribute("Include")!));
    }

    private static IEnumerable<string> Projects(string solution) => XDocument.Load(Path.Combine(Repository.Root, solution))
        .Descendants("Project")
        .Select(project => (string)project.Attribute("Path")!);
}
