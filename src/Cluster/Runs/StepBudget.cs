using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>
/// Leases a run's environment steps to actor silos and counts the steps that replay has acknowledged. Steps that a lost silo did not do can
/// be leased again. Not thread-safe: owned by the run's grain.
/// </summary>
/// <remarks>
/// Leases shrink towards the end (guided self-scheduling, Polychronopoulos and Kuck 1987), so that silos finish together and the
/// budget is met exactly unless a silo is lost.
/// </remarks>
/// <param name="total">Steps of the whole run.</param>
internal sealed class StepBudget(long total)
{
    /// <summary>Lost silos whose last report is kept.</summary>
    public const int MostLost = 100;

    private readonly Dictionary<string, SiloAccount> _silos = [];
    private readonly List<string> _lost = [];

    /// <summary>Steps of the whole run.</summary>
    public long Total { get; } = total;

    /// <summary>Steps that replay has acknowledged; never decreases.</summary>
    public long Done { get; private set; }

    /// <summary>Steps that silos have leased and not yet done.</summary>
    public long Outstanding => _silos.Values.Sum(silo => silo.Outstanding);

    /// <summary>Whether every step has been done.</summary>
    public bool IsSpent => Done >= Total;

    /// <summary>The last count reported by each silo, persisted with <see cref="Done"/>.</summary>
    public Dictionary<string, long> Reported => _silos.ToDictionary(silo => silo.Key, silo => silo.Value.Reported);

    /// <summary>Restores the persisted counts.</summary>
    /// <param name="done">Steps done.</param>
    /// <param name="reported">The last count reported by each silo.</param>
    public void Restore(long done, IReadOnlyDictionary<string, long> reported)
    {
        Done = done;
        foreach ((string silo, long steps) in reported)
        {
            _silos[silo] = new SiloAccount(steps, Outstanding: 0);
        }
    }

    /// <summary>Applies a silo's report.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="steps">Steps acknowledged since it joined the run.</param>
    /// <param name="outstanding">Steps that it has leased and not done.</param>
    public void Report(string silo, long steps, long outstanding)
    {
        long before = _silos.GetValueOrDefault(silo).Reported;
        Done += Math.Max(0, steps - before);
        _silos[silo] = new SiloAccount(Math.Max(steps, before), outstanding);
    }

    /// <summary>Leases steps to a silo.</summary>
    /// <param name="silo">The silo, which has just reported.</param>
    /// <param name="wanted">The most that it can use.</param>
    /// <param name="minimum">The smallest useful lease.</param>
    /// <param name="silos">Number of silos among which the rest is divided.</param>
    public StepLease Lease(string silo, long wanted, long minimum, int silos)
    {
        long start = Done + Outstanding;
        long left = Total - start;
        if (left <= 0)
        {
            // Steps leased to other silos may be returned if these are lost.
            return new StepLease(start, start, Exhausted: IsSpent);
        }

        long share = Math.Max(minimum, left / (4 * Math.Max(1, silos)));
        long granted = Math.Min(left, Math.Clamp(wanted, minimum, share));

        // Whole rollouts: an actor that gets part of one still steps all of its environments.
        granted -= granted > minimum ? granted % minimum : 0;
        SiloAccount account = _silos.GetValueOrDefault(silo);
        _silos[silo] = account with { Outstanding = account.Outstanding + granted };
        return new StepLease(start, start + granted, Exhausted: false);
    }

    /// <summary>Returns the outstanding steps of lost silos to the budget.</summary>
    /// <remarks>
    /// The last report of a lost silo is kept: a silo that is shutting down, or not yet known to be active, still reports and must not be
    /// counted twice. A report is dropped after <see cref="MostLost"/> other silos have been lost, which bounds the state of a long run.
    /// </remarks>
    /// <param name="isThere">Whether a silo is still active.</param>
    /// <returns>The silos whose reports are dropped.</returns>
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
