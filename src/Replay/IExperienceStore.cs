using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>Experience that is kept in this process or fronted by it, and that its owner ends. All members are thread-safe.</summary>
public interface IExperienceStore : IExperience
{
    /// <summary>
    /// Declares that no appends follow: further appends return Closed. The learner gets what is left for it, then Closed.
    /// </summary>
    void CompleteAppends();

    /// <summary>Closes the store: all calls return Closed from now on, including those that are waiting.</summary>
    void Close();
}
