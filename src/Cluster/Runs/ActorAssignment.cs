namespace Krewe.Cluster;

/// <summary>Where a run's actors should be, given where they are. Pure.</summary>
internal static class ActorAssignment
{
    /// <summary>
    /// Every silo gets actors in proportion to its cores, to within one; an actor that is where it may be stays. So silos that join
    /// take over only what others have too much of, and what a lost silo had is spread over the rest.
    /// </summary>
    /// <typeparam name="TSilo">A silo.</typeparam>
    /// <param name="actors">Number of actors that there should be: 0 to n - 1.</param>
    /// <param name="silos">The silos, with their cores, in an order that is the same each time.</param>
    /// <param name="current">Where actors are.</param>
    /// <returns>Which to release, and which to start where.</returns>
    public static AssignmentPlan<TSilo> Plan<TSilo>(
        int actors, IReadOnlyList<(TSilo Silo, int Cores)> silos, IReadOnlyDictionary<int, TSilo> current)
        where TSilo : notnull
    {
        Dictionary<TSilo, int> room = Quotas(actors, silos, current);
        List<int> release = [];
        var placed = new HashSet<int>();
        foreach ((int actor, TSilo silo) in current.OrderBy(pair => pair.Key))
        {
            if (actor < actors && room.TryGetValue(silo, out int left) && left > 0)
            {
                room[silo] = left - 1;
                placed.Add(actor);
            }
            else
            {
                release.Add(actor);
            }
        }

        List<(int Actor, TSilo Silo)> start = [];
        for (int actor = 0; actor < actors && silos.Count > 0; actor++)
        {
            if (!placed.Contains(actor))
            {
                TSilo silo = silos.Select(entry => entry.Silo).MaxBy(entry => room[entry])!;
                room[silo]--;
                start.Add((actor, silo));
            }
        }

        return new AssignmentPlan<TSilo>(release, start);
    }

    /// <summary>Largest remainders; of equal ones the silo that has more actors beyond its whole share already, so that nothing moves without need.</summary>
    private static Dictionary<TSilo, int> Quotas<TSilo>(
        int actors, IReadOnlyList<(TSilo Silo, int Cores)> silos, IReadOnlyDictionary<int, TSilo> current)
        where TSilo : notnull
    {
        Dictionary<TSilo, int> quotas = [];
        if (silos.Count == 0)
        {
            return quotas;
        }

        long cores = silos.Sum(silo => (long)silo.Cores);
        Dictionary<TSilo, int> has = current.Where(pair => pair.Key < actors).CountBy(pair => pair.Value).ToDictionary();
        foreach ((TSilo silo, int own) in silos)
        {
            quotas[silo] = (int)((long)actors * own / cores);
        }

        int rest = actors - quotas.Values.Sum();
        foreach ((TSilo silo, int _) in silos
            .OrderByDescending(entry => (long)actors * entry.Cores % cores)
            .ThenByDescending(entry => has.GetValueOrDefault(entry.Silo) - quotas[entry.Silo])
            .Take(rest))
        {
            quotas[silo]++;
        }

        return quotas;
    }
}

/// <summary>What brings actors to where they should be.</summary>
/// <typeparam name="TSilo">A silo.</typeparam>
/// <param name="Release">Actors that must go from where they are; those still wanted are also among those to start.</param>
/// <param name="Start">Actors to start, and where.</param>
internal sealed record AssignmentPlan<TSilo>(IReadOnlyList<int> Release, IReadOnlyList<(int Actor, TSilo Silo)> Start);
