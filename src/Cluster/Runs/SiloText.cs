using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>Formats states and reasons for messages and the command line.</summary>
internal static class SiloText
{
    /// <summary>A state's name.</summary>
    public static string Of(RunState state) => OptionSchema.ToKey(state.ToString());

    /// <summary>
    /// An exception in one line. Exceptions of Orleans and its storage carry whole stack traces and pages of Redis counters in their messages.
    /// </summary>
    public static string Of(Exception reason)
    {
        string text = reason.ToString();
        return text.Contains("RedisTimeoutException", StringComparison.Ordinal) || text.Contains("RedisConnectionException", StringComparison.Ordinal)
            ? "its Redis does not respond"
            : reason.Message.Split('\n')[0].TrimEnd();
    }
}
