using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>States and reasons in words, the same in messages and on the command line.</summary>
internal static class SiloText
{
    /// <summary>A state's name.</summary>
    public static string Of(RunState state) => OptionSchema.ToKey(state.ToString());

    /// <summary>
    /// An exception in one line. Those of Orleans and its storage hold whole stack traces in their messages, and pages of counters of Redis.
    /// </summary>
    public static string Of(Exception reason)
    {
        string text = reason.ToString();
        return text.Contains("RedisTimeoutException", StringComparison.Ordinal) || text.Contains("RedisConnectionException", StringComparison.Ordinal)
            ? "its Redis does not answer"
            : reason.Message.Split('\n')[0].TrimEnd();
    }
}
