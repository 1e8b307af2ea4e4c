namespace Krewe.Contracts;

/// <summary>Receives the policies that the learner publishes. Thread-safe.</summary>
public interface IPolicySink
{
    /// <summary>
    /// Publishes a policy. A policy that is not newer than the current one is ignored, so versions never decrease, and a learner that was
    /// replaced by one of a newer epoch has no effect.
    /// </summary>
    /// <param name="version">The version, not negative; numbered by <see cref="PolicyVersions"/> if the learner may restart.</param>
    /// <param name="parameters">The parameters, in the order of the network spec.</param>
    /// <returns>Whether the policy was accepted as the newest.</returns>
    bool Publish(long version, ReadOnlySpan<float> parameters);

    /// <inheritdoc cref="Publish(long, ReadOnlySpan{float})"/>
    /// <param name="version">The version, not negative; numbered by <see cref="PolicyVersions"/> if the learner may restart.</param>
    /// <param name="parameters">The parameters, copied before the call returns, in the form that the actors need where both have it.</param>
    bool Publish(long version, IParameterSource parameters);
}
