namespace Krewe.Contracts.Policies;

/// <summary>Where actors get the policy from. Any thread may call.</summary>
public interface IPolicySource
{
    /// <summary>The newest version; -1 before the first.</summary>
    long Version { get; }

    /// <summary>Copies the newest policy out if it is newer than the one that the caller has.</summary>
    /// <param name="version">The caller's version, -1 for none; receives the version copied.</param>
    /// <param name="parameters">Receives the parameters in the order of <see cref="Networks.NetworkSpec"/>.</param>
    /// <returns>False when the caller already has the newest; nothing was copied.</returns>
    bool TryRead(ref long version, Span<float> parameters);
}

/// <summary>Where the learner publishes its policy. Any thread may call.</summary>
public interface IPolicySink
{
    /// <summary>
    /// Publishes a policy. One that is not newer than the current is ignored: versions never go back, and a learner that was replaced by
    /// one of a newer epoch is not heard any more.
    /// </summary>
    /// <param name="version">Its version, not negative; over several lives of a learner, as <see cref="PolicyVersions"/> number them.</param>
    /// <param name="parameters">Its parameters in the order of <see cref="Networks.NetworkSpec"/>.</param>
    /// <returns>Whether it is now the newest.</returns>
    bool Publish(long version, ReadOnlySpan<float> parameters);
}
