using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>Formats states and reasons for messages and the command line.</summary>
internal static class SiloText
{
    /// <summary>A state's name.</summary>
    public static string Of(RunState state) => OptionSchema.ToKey(state.ToString());

    /// <summary>Why a run failed, in one line; the stack trace is in the log.</summary>
    public static string Failure(Exception e) => e is KreweException ? e.Message : $"internal error: {e.GetType().Name}: {e.Message}";

    /// <summary>The level of the log entry with the stack trace of <see cref="Failure"/>: debug if the error is meant for the user.</summary>
    public static LogLevel LevelOf(Exception e) => e is KreweException ? LogLevel.Debug : LogLevel.Error;

    /// <summary>
    /// An exception in one line. Exceptions of Orleans and its storage carry whole stack traces and pages of Redis counters in their messages.
    /// </summary>
    public static string Of(Exception reason)
    {
        string text = reason.ToString();
        return text.Contains("RedisTimeoutException", StringComparison.Ordinal) || text.Contains("RedisConnectionException", StringComparison.Ordinal)
            ? "its Redis does not respond"
            : text.Contains("ConnectionFailedException", StringComparison.Ordinal) ? "a silo that it needs is unreachable"
            : reason.Message.Split('\n')[0].TrimEnd();
    }
}
