using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>Log messages of the learner's session.</summary>
internal static partial class LearnerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    public static partial void CheckpointRefused(ILogger logger, string reason);

    [LoggerMessage(Message = "run {RunId}: checkpoint written: {Path}")]
    public static partial void CheckpointWritten(ILogger logger, LogLevel level, string runId, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    public static partial void Unwritten(ILogger logger, string reason);

    [LoggerMessage(Message = "run {RunId}: its learner failed")]
    public static partial void Failed(ILogger logger, LogLevel level, string runId, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Note}")]
    public static partial void Device(ILogger logger, string note);
}
