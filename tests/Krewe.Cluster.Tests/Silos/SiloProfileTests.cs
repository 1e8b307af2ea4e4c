namespace Krewe.Cluster.Tests;

public sealed class SiloProfileTests
{
    [Fact]
    public void A_profile_is_parsed_from_its_own_name()
    {
        var profile = new SiloProfile(SiloRoles.Actor | SiloRoles.Learner, 64, 1L << 40, "host-7.example");
        Assert.Equal(profile, SiloProfile.Parse(profile.ToName()));
        SiloProfile here = SiloProfile.Here(SiloRoles.All);
        Assert.Equal(here, SiloProfile.Parse(here.ToName()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Silo_0")]
    [InlineData("krewe|7|2|1000")]
    [InlineData("krewe|x|2|1000|host")]
    [InlineData("other|7|2|1000|host")]
    public void A_name_of_another_kind_is_not_a_profile(string? name) => Assert.Null(SiloProfile.Parse(name));

    [Fact]
    public void The_directory_finds_silos_by_role()
    {
        SiloDirectory directory = new Members(
            new SiloProfile(SiloRoles.All, 1, 1, "a"), new SiloProfile(SiloRoles.Actor, 1, 1, "b"), new SiloProfile(SiloRoles.None, 1, 1, "c")).Directory;
        Assert.Equal(2, directory.With(SiloRoles.Actor).Count);
        Assert.Equal("a", Assert.Single(directory.With(SiloRoles.Learner)).Profile.Host);
    }
}
