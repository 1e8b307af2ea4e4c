using System.Globalization;
using Krewe.Actors;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>A run's view of its actors, from their silos' reports. Not thread-safe: owned by the run's grain.</summary>
/// <param name="budget">The run's budget of steps.</param>
internal sealed class ActorFleet(StepBudget budget)
{
    private readonly Dictionary<string, ActorSiloReport> _reports = [];
    private readonly Dictionary<string, long> _episodesReported = [];

    /// <summary>Returns and lengths of the last episodes.</summary>
    public EpisodeTracker Recent { get; } = new();

    /// <summary>Episodes ended.</summary>
    public long Episodes { get; private set; }

    /// <summary>The last count reported by each silo, persisted with <see cref="Episodes"/>.</summary>
    public Dictionary<string, long> EpisodesReported => new(_episodesReported);

    /// <summary>Actors of each silo.</summary>
    public IReadOnlyDictionary<string, int> BySilo => _reports.Where(report => report.Value.Actors.Count > 0)
        .ToDictionary(report => report.Key, report => report.Value.Actors.Count);

    /// <summary>Number of running actors.</summary>
    public int Running => _reports.Values.Sum(report => report.Actors.Count);

    /// <summary>Epsilon of the first running actor.</summary>
    public double? Epsilon => _reports.Values.Where(report => report.Actors.Count > 0).MinBy(report => report.EpsilonOf)?.Epsilon;

    /// <summary>The oldest policy version in use on each silo; silos without running actors are omitted.</summary>
    public IReadOnlyDictionary<string, long> ActingVersions => _reports.Where(report => report.Value.Actors.Count > 0 && report.Value.PolicyVersion >= 0)
        .ToDictionary(report => report.Key, report => report.Value.PolicyVersion);

    /// <summary>Describes, for the user, the actor whose environments have not returned for the longest time; null if there is none.</summary>
    /// <param name="environmentId">The run's environment.</param>
    public string? Hanging(string environmentId) => _reports.Values.Where(report => report.HangingActor is not null).MaxBy(report => report.HangingSeconds) is { } hanging
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"actor {hanging.HangingActor} on {hanging.Silo}, whose environments ({environmentId}) have not returned for {hanging.HangingSeconds:F0} s")
        : null;

    /// <summary>Restores the persisted counts.</summary>
    public void Restore(long episodes, IReadOnlyDictionary<string, long> said)
    {
        Episodes = episodes;
        foreach ((string silo, long count) in said)
        {
            _episodesReported[silo] = count;
        }
    }

    /// <summary>Applies a silo's report.</summary>
    public void Report(ActorSiloReport report)
    {
        _reports[report.Silo] = report;
        budget.Report(report.Silo, report.Steps, report.StepsLeft);
        long before = _episodesReported.GetValueOrDefault(report.Silo);
        Episodes += Math.Max(0, report.Episodes - before);
        _episodesReported[report.Silo] = Math.Max(before, report.Episodes);
        Recent.Add([.. report.Returns], [.. report.Lengths]);
    }

    /// <summary>Removes silos that are gone from the counts.</summary>
    public void DropLost(SiloDirectory directory)
    {
        bool IsThere(string silo) => directory.IsActive(SiloAddress.FromParsableString(silo));
        foreach (string silo in _reports.Keys.Where(silo => !IsThere(silo)).ToList())
        {
            _reports.Remove(silo);
        }

        foreach (string silo in budget.DropLost(IsThere))
        {
            _episodesReported.Remove(silo);
        }
    }

    /// <summary>The silo of each actor.</summary>
    public Dictionary<int, SiloAddress> Places()
    {
        Dictionary<int, SiloAddress> places = [];
        foreach (ActorSiloReport report in _reports.Values)
        {
            var silo = SiloAddress.FromParsableString(report.Silo);
            foreach (int actor in report.Actors)
            {
                places[actor] = silo;
            }
        }

        return places;
    }
}
