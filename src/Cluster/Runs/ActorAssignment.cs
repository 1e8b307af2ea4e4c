namespace Krewe.Cluster;

/// <summary>Assigns a run's actors to silos, given their current places. Has no side effects.</summary>
internal static class ActorAssignment
{
    /// <summary>
    /// Every silo gets actors in proportion to its cores, to within one; an actor stays where it is if it may. Joining silos take over only the
    /// surplus of others, and the actors of a lost silo are spread over the rest.
    /// </summary>
    /// <typeparam name="TSilo">Type that identifies a silo.</typeparam>
    /// <param name="actors">Number of actors wanted, numbered 0 to n - 1.</param>
    /// <param name="silos">The silos, with their cores, in the same order each time.</param>
    /// <param name="current">The current place of each actor.</param>
    /// <returns>The actors to release, and the actors to start with their silos.</returns>
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

    /// <summary>Largest remainders; ties go to the silo that already has more actors than its whole share, to avoid moves.</summary>
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

/// <summary>The changes that move actors to their assigned silos.</summary>
/// <typeparam name="TSilo">Type that identifies a silo.</typeparam>
/// <param name="Release">Actors to release from their silos; those still wanted are also in <paramref name="Start"/>.</param>
/// <param name="Start">Actors to start, with their silos.</param>
internal sealed record AssignmentPlan<TSilo>(IReadOnlyList<int> Release, IReadOnlyList<(int Actor, TSilo Silo)> Start);
