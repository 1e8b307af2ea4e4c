using Krewe.Contracts;

namespace Krewe.Tests;

public class NearestNameTests
{
    private static readonly string[] Names = ["CartPole-v1", "Acrobot-v1", "MountainCar-v0", "Taxi-v4"];

    [Theory]
    [InlineData("CartPol-v1", "CartPole-v1")]
    [InlineData("cartpole-v1", "CartPole-v1")]
    [InlineData("CartPole", "CartPole-v1")]
    [InlineData("CratPole-v1", "CartPole-v1")]
    [InlineData("Taxi-v3", "Taxi-v4")]
    [InlineData("moutaincar", "MountainCar-v0")]
    public void A_typo_finds_the_intended_name(string name, string expected) => Assert.Equal(expected, NearestName.Find(name, Names));

    [Theory]
    [InlineData("Pong")]
    [InlineData("")]
    [InlineData("x")]
    public void A_dissimilar_name_finds_nothing(string name) => Assert.Null(NearestName.Find(name, Names));
}
