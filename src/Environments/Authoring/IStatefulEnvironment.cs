namespace Krewe.Environments;

/// <summary>
/// An environment whose complete state is a vector of doubles that callers can read and set: to replay single steps, and to resume a
/// deterministic run in the middle of its episodes. The random stream of <see cref="EnvironmentBase{T}"/> is saved beside it; a random
/// generator of the environment's own belongs into the state.
/// </summary>
public interface IStatefulEnvironment
{
    /// <summary>Number of doubles in the state.</summary>
    int StateLength { get; }

    /// <summary>Reads the state.</summary>
    /// <param name="state">Receives <see cref="StateLength"/> values.</param>
    void GetState(Span<double> state);

    /// <summary>Sets the state. The episode continues from it.</summary>
    /// <param name="state"><see cref="StateLength"/> values.</param>
    void SetState(ReadOnlySpan<double> state);
}
