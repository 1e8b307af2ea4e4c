using Krewe.Contracts.Grains;


namespace Krewe.Cluster;

/// <summary>
/// Hands out a run's environment steps to actor silos in portions, and counts what replay has acknowledged. A silo that is lost gives
/// back what it had not done. Not thread-safe: its grain owns it.
/// </summary>
/// <remarks>
/// Portions shrink towards the end (guided self-scheduling, Polychronopoulos and Kuck 1987), so that silos finish together and the
/// budget is met exactly while no silo is lost.
/// </remarks>
/// <param name="total">Steps of the whole run.</param>
internal sealed class StepBudget(long total)
{
    /// <summary>Lost silos of which it is kept what they reported.</summary>
    public const int MostLost = 100;

    private readonly Dictionary<string, SiloAccount> _silos = [];
    private readonly List<string> _lost = [];

    /// <summary>Steps of the whole run.</summary>
    public long Total { get; } = total;

    /// <summary>Steps that replay has acknowledged; never goes back.</summary>
    public long Done { get; private set; }

    /// <summary>Steps that silos have taken and not yet done.</summary>
    public long Outstanding => _silos.Values.Sum(silo => silo.Outstanding);

    /// <summary>Whether every step has been done.</summary>
    public bool IsSpent => Done >= Total;

    /// <summary>What each silo reported last, to be kept with <see cref="Done"/>.</summary>
    public Dictionary<string, long> Reported => _silos.ToDictionary(silo => silo.Key, silo => silo.Value.Reported);

    /// <summary>Goes on from what was kept.</summary>
    /// <param name="done">Steps done.</param>
    /// <param name="reported">What each silo had reported.</param>
    public void Restore(long done, IReadOnlyDictionary<string, long> reported)
    {
        Done = done;
        foreach ((string silo, long steps) in reported)
        {
            _silos[silo] = new SiloAccount(steps, Outstanding: 0);
        }
    }

    /// <summary>A silo reports what it has done.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="steps">Steps acknowledged since it began with the run.</param>
    /// <param name="outstanding">Steps that it has taken and not done.</param>
    public void Report(string silo, long steps, long outstanding)
    {
        long before = _silos.GetValueOrDefault(silo).Reported;
        Done += Math.Max(0, steps - before);
        _silos[silo] = new SiloAccount(Math.Max(steps, before), outstanding);
    }

    /// <summary>A silo takes steps.</summary>
    /// <param name="silo">The silo, which has just reported.</param>
    /// <param name="wanted">How many it would take.</param>
    /// <param name="minimum">The fewest that are of use.</param>
    /// <param name="silos">Among how many silos the rest is divided.</param>
    public StepLease Lease(string silo, long wanted, long minimum, int silos)
    {
        long start = Done + Outstanding;
        long left = Total - start;
        if (left <= 0)
        {
            // What others have taken may come back, if they are lost.
            return new StepLease(start, start, Exhausted: IsSpent);
        }

        long share = Math.Max(minimum, left / (4 * Math.Max(1, silos)));
        long granted = Math.Min(left, Math.Clamp(wanted, minimum, share));

        // Whole windows: an actor that gets a part of one still steps all of its environments.
        granted -= granted > minimum ? granted % minimum : 0;
        SiloAccount account = _silos.GetValueOrDefault(silo);
        _silos[silo] = account with { Outstanding = account.Outstanding + granted };
        return new StepLease(start, start + granted, Exhausted: false);
    }

    /// <summary>A silo is gone: what it had taken and not done can be taken again.</summary>
    /// <remarks>
    /// What it reported is kept: one that is being shut down, or is not known to be there yet, still reports and must not be counted anew. It
    /// is forgotten when <see cref="MostLost"/> others have been lost since, so that silos can come and go for as long as a run lasts.
    /// </remarks>
    /// <param name="isThere">Whether a silo still is.</param>
    /// <returns>The silos that are forgotten.</returns>
    public IReadOnlyList<string> DropLost(Func<string, bool> isThere)
    {
        _lost.RemoveAll(silo => isThere(silo));
        foreach ((string silo, SiloAccount account) in _silos.Where(entry => !isThere(entry.Key)).ToList())
        {
            _silos[silo] = account with { Outstanding = 0 };
            if (!_lost.Contains(silo))
            {
                _lost.Add(silo);
            }
        }

        IReadOnlyList<string> forgotten = _lost[..Math.Max(0, _lost.Count - MostLost)];
        _lost.RemoveRange(0, forgotten.Count);
        foreach (string silo in forgotten)
        {
            _silos.Remove(silo);
        }

        return forgotten;
    }

    private readonly record struct SiloAccount(long Reported, long Outstanding);
}
