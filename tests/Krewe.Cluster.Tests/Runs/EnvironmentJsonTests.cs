using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Cluster.Tests;

public sealed class EnvironmentJsonTests
{
    public static TheoryData<string> BuiltIn() => [.. EnvironmentRegistry.CreateDefault().Ids];

    [Theory]
    [MemberData(nameof(BuiltIn))]
    public void Every_built_in_environment_survives_a_round_trip(string id)
    {
        EnvironmentSpec spec = EnvironmentRegistry.CreateDefault().GetSpec(id);
        Assert.Equal(spec, EnvironmentJson.Read(EnvironmentJson.Write(spec)));
    }

    [Fact]
    public void Images_take_one_bound_for_all_elements()
    {
        var spec = new EnvironmentSpec("Images-v0", new BoxSpace(0, 255, [84, 84, 4], ElementType.UInt8), new DiscreteSpace(6, start: 2), null, null);
        string json = EnvironmentJson.Write(spec);
        Assert.InRange(json.Length, 1, 300);
        Assert.Equal(spec, EnvironmentJson.Read(json));
    }

    [Fact]
    public void A_box_without_bounds_survives_a_round_trip()
    {
        var spec = new EnvironmentSpec("Free-v0", new BoxSpace(float.NegativeInfinity, float.PositiveInfinity, [3]), new DiscreteSpace(2), 10, 1.5);
        Assert.Equal(spec, EnvironmentJson.Read(EnvironmentJson.Write(spec)));
    }

    [Fact]
    public void Continuous_actions_survive_a_round_trip()
    {
        var spec = new EnvironmentSpec("Push-v0", new BoxSpace(-2, 2, [3]), new BoxSpace([2], [-1, -2], [1, 2]), 10, null);
        Assert.Equal(spec, EnvironmentJson.Read(EnvironmentJson.Write(spec)));
    }
}
