using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// What a learner knows of one shard: whether it answers, its counters, and how many steps of it have been counted. Not thread-safe.
/// </summary>
/// <param name="index">The index of the shard.</param>
/// <param name="counters">Counts the environment steps that the shard has stored.</param>
/// <param name="isFirstLearner">Whether the learner is its run's first.</param>
/// <param name="logger">Logs when the shard becomes unreachable and when it returns.</param>
internal sealed partial class ShardLink(int index, RunCounters counters, bool isFirstLearner, ILogger logger)
{
    private long _incarnation;
    private long _inserted;

    /// <summary>Whether the shard answered the last request.</summary>
    public bool IsReachable { get; private set; }

    /// <summary>The shard's counters, as of its last answer.</summary>
    public ReplayStatistics Statistics { get; private set; }

    /// <summary>
    /// Takes the shard's counters first: steps stored before this learner started have already been counted. For a run's first learner they
    /// have not: actors start when it publishes, and their steps may be stored before it first reaches the shard.
    /// </summary>
    /// <param name="status">The shard's first answer.</param>
    public void Meet(ShardStatus status)
    {
        (_incarnation, IsReachable, Statistics) = (status.Incarnation, true, status.Statistics);
        _inserted = isFirstLearner ? 0 : status.InsertedHere;
    }

    /// <summary>Counts the steps stored since the last answer.</summary>
    /// <param name="status">The shard's answer.</param>
    /// <param name="closed">Whether it says that the shard has no more to give.</param>
    public void Count(ShardStatus status, bool closed)
    {
        if (status.Incarnation < _incarnation || (closed && status.Incarnation != _incarnation))
        {
            // A late answer of the shard's previous activation, or one of an activation that only answers that the run has ended.
            return;
        }

        if (!IsReachable)
        {
            LogBack(index, status.Statistics.Size);
        }

        if (status.Incarnation != _incarnation)
        {
            LogLost(index);
            _inserted = 0;
        }

        IsReachable = true;
        Statistics = status.Statistics;
        _incarnation = status.Incarnation;

        // Answers to two requests can arrive in either order.
        counters.AddEnvironmentSteps(Math.Max(0, status.InsertedHere - _inserted));
        _inserted = Math.Max(_inserted, status.InsertedHere);
    }

    /// <summary>Records that the shard did not answer.</summary>
    /// <param name="reason">Why.</param>
    public void MarkUnreachable(Exception reason)
    {
        if (IsReachable)
        {
            LogUnreachable(index, SiloText.Of(reason));
        }

        IsReachable = false;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "shard {Shard} is unreachable; learning continues with the others: {Reason}")]
    private partial void LogUnreachable(int shard, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "shard {Shard} was reactivated empty: the experience that it held is lost")]
    private partial void LogLost(int shard);

    [LoggerMessage(Level = LogLevel.Information, Message = "shard {Shard} is reachable again and holds {Transitions} transitions")]
    private partial void LogBack(int shard, long transitions);
}
