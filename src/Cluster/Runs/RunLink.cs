using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>Logs once that a run cannot be reached, and once that it answers again, however often it is reported to meanwhile. One reporter at a time.</summary>
/// <param name="runId">The run.</param>
/// <param name="logger">Where.</param>
internal sealed partial class RunLink(string runId, ILogger logger)
{
    private bool _isLost;

    /// <summary>The run has answered.</summary>
    public void Answered()
    {
        if (_isLost)
        {
            _isLost = false;
            LogAnswers(runId);
        }
    }

    /// <summary>The run has not answered; it comes back by itself.</summary>
    public void Failed(Exception reason)
    {
        if (!_isLost)
        {
            _isLost = true;
            LogUnreachable(runId, SiloText.Of(reason));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: its grain is unreachable, tried again until it answers: {Reason}")]
    private partial void LogUnreachable(string runId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: its grain answers again")]
    private partial void LogAnswers(string runId);
}
