using Microsoft.Extensions.Logging;

namespace Krewe.Cluster.Learning;

/// <summary>What the learner's session logs.</summary>
internal static partial class LearnerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    public static partial void CheckpointRefused(ILogger logger, string reason);
}
