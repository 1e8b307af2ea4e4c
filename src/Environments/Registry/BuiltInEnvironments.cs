namespace Krewe.Environments;

/// <summary>The built-in environments, with the ids, time limits, reward thresholds and keyword arguments of Gymnasium 1.3.</summary>
internal static class BuiltInEnvironments
{
    /// <summary>The registrations of all built-in environments.</summary>
    public static IEnumerable<EnvironmentRegistration> All =>
    [
        CartPoleV1,
        MountainCarV0,
        AcrobotV1,
        Lake("FrozenLake-v1", "4x4", maxEpisodeSteps: 100, rewardThreshold: 0.70),
        Lake("FrozenLake8x8-v1", "8x8", maxEpisodeSteps: 200, rewardThreshold: 0.85),
        Cliff("CliffWalking-v1", slippery: false),
        Cliff("CliffWalkingSlippery-v1", slippery: true),
        TaxiV4,
    ];

    private static EnvironmentRegistration CartPoleV1 => new()
    {
        Id = "CartPole-v1",
        MaxEpisodeSteps = 500,
        RewardThreshold = 475,
        Parameters = [new("sutton_barto_reward", "false", "true: reward 0 per step and -1 on termination instead of 1 per step")],
        Create = arguments => new CartPole(SuttonBarto(arguments)),
        CreateVector = (arguments, count, limit) =>
            new LaneVectorEnvironment<CartPoleKernel>(arguments.EnvironmentId, new(SuttonBarto(arguments)), count, limit),
    };

    private static EnvironmentRegistration MountainCarV0 => new()
    {
        Id = "MountainCar-v0",
        MaxEpisodeSteps = 200,
        RewardThreshold = -110,
        Parameters = [new("goal_velocity", "0", "minimum velocity at the goal")],
        Create = arguments => new MountainCar(GoalVelocity(arguments)),
        CreateVector = (arguments, count, limit) =>
            new LaneVectorEnvironment<MountainCarKernel>(arguments.EnvironmentId, new(GoalVelocity(arguments)), count, limit),
    };

    private static EnvironmentRegistration AcrobotV1 => new()
    {
        Id = "Acrobot-v1",
        MaxEpisodeSteps = 500,
        RewardThreshold = -100,
        Create = _ => new Acrobot(),
        CreateVector = (arguments, count, limit) =>
            new LaneVectorEnvironment<AcrobotKernel>(arguments.EnvironmentId, default, count, limit),
    };

    private static EnvironmentRegistration TaxiV4 => new()
    {
        Id = "Taxi-v4",
        MaxEpisodeSteps = 200,
        RewardThreshold = 8,
        Parameters =
        [
            new("is_rainy", "false", "true: a move may go to the left or right instead"),
            new("fickle_passenger", "false", "true: the passenger may change destination once"),
            new("rainy_probability", "0.8", "0 to 1: probability of moving in the intended direction in rain"),
            new("fickle_probability", "0.3", "0 to 1: probability that a fickle passenger changes destination"),
        ],
        Create = arguments => new Taxi(
            arguments.Boolean("is_rainy", false),
            arguments.Boolean("fickle_passenger", false),
            arguments.Number("rainy_probability", 0.8, 0, 1),
            arguments.Number("fickle_probability", 0.3, 0, 1)),
    };

    private static EnvironmentRegistration Lake(string id, string map, int maxEpisodeSteps, double rewardThreshold) => new()
    {
        Id = id,
        MaxEpisodeSteps = maxEpisodeSteps,
        RewardThreshold = rewardThreshold,
        Parameters =
        [
            new("desc", "null", "the map as rows of S, F, H and G; null: the map given by map_name"),
            new("map_name", $"\"{map}\"", "\"4x4\", \"8x8\", or null for a random map"),
            new("is_slippery", "true", "true: a move may go to either side instead"),
            new("success_rate", "0.3333333333333333", "0 to 1: probability of moving in the intended direction on slippery ice"),
            new("reward_schedule", "[1, 0, 0]", "rewards for reaching the goal, a hole and any other tile"),
        ],
        Create = arguments => FrozenLake.Create(arguments, map),
    };

    private static EnvironmentRegistration Cliff(string id, bool slippery) => new()
    {
        Id = id,
        Parameters = [new("is_slippery", slippery ? "true" : "false", "true: a move may go to either side instead")],
        Create = arguments => new CliffWalking(arguments.Boolean("is_slippery", slippery)),
    };

    private static bool SuttonBarto(EnvironmentArguments arguments) => arguments.Boolean("sutton_barto_reward", false);

    private static double GoalVelocity(EnvironmentArguments arguments) => arguments.Number("goal_velocity", 0);
}
