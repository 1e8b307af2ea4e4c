using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>Logs once when a run becomes unreachable and once when it is reachable again, however many reports fail. Not thread-safe.</summary>
/// <param name="runId">The run.</param>
/// <param name="logger">The log.</param>
internal sealed partial class RunLink(string runId, ILogger logger)
{
    private bool _isLost;

    /// <summary>Called when the run has answered.</summary>
    public void Answered()
    {
        if (_isLost)
        {
            _isLost = false;
            LogAnswers(runId);
        }
    }

    /// <summary>Called when the run has not answered. Orleans reactivates it.</summary>
    public void Failed(Exception reason)
    {
        if (!_isLost)
        {
            _isLost = true;
            LogUnreachable(runId, SiloText.Of(reason));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: its grain is unreachable; retrying until it answers: {Reason}")]
    private partial void LogUnreachable(string runId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: its grain is reachable again")]
    private partial void LogAnswers(string runId);
}
