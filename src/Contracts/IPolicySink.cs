
namespace Krewe.Contracts;

/// <summary>Where the learner publishes its policy. Any thread may call.</summary>
public interface IPolicySink
{
    /// <summary>
    /// Publishes a policy. One that is not newer than the current is ignored: versions never go back, and a learner that was replaced by
    /// one of a newer epoch is not heard any more.
    /// </summary>
    /// <param name="version">Its version, not negative; over several lives of a learner, as <see cref="PolicyVersions"/> number them.</param>
    /// <param name="parameters">Its parameters in the order of the network spec.</param>
    /// <returns>Whether it is now the newest.</returns>
    bool Publish(long version, ReadOnlySpan<float> parameters);
}
