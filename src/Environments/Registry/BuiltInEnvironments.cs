using Krewe.Environments.ClassicControl;
using Krewe.Environments.Vectorized;

namespace Krewe.Environments;

/// <summary>The environments that come with Krewe: ids, limits, thresholds and keyword arguments as Gymnasium 1.3 registers them.</summary>
internal static class BuiltInEnvironments
{
    /// <summary>All of them.</summary>
    public static IEnumerable<EnvironmentRegistration> All => [CartPoleV1];

    private static EnvironmentRegistration CartPoleV1 => new()
    {
        Id = "CartPole-v1",
        MaxEpisodeSteps = 500,
        RewardThreshold = 475,
        Parameters = [new("sutton_barto_reward", "false", "true: 0 a step and -1 at the end instead of 1 a step")],
        Create = arguments => new CartPole(SuttonBarto(arguments)),
        CreateVector = (arguments, count, limit) =>
            new LaneVectorEnvironment<CartPoleKernel>(arguments.EnvironmentId, new(SuttonBarto(arguments)), count, limit),
    };

    private static bool SuttonBarto(EnvironmentArguments arguments) => arguments.Boolean("sutton_barto_reward", false);
}
