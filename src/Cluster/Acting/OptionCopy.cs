using Krewe.Contracts;


namespace Krewe.Cluster;

/// <summary>Changes one option in a copy: a plan's options are shared by all actors of a silo.</summary>
internal static class OptionCopy
{
    /// <summary>Options that say how many actors there are at present.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="actorCount">The number of actors.</param>
    public static TrainingOptions WithActorCount(TrainingOptions options, int actorCount)
    {
        var copy = new TrainingOptions();
        OptionBinder.Apply(copy, OptionBinder.ToJson(options), "the run's options");
        copy.Actor.Count = actorCount;
        return copy;
    }
}
