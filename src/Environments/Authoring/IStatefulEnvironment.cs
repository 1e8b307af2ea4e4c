namespace Krewe.Environments;

/// <summary>An environment whose whole state is a few doubles that can be read and set, so that single steps can be replayed.</summary>
public interface IStatefulEnvironment
{
    /// <summary>Number of doubles in the state.</summary>
    int StateLength { get; }

    /// <summary>Reads the state.</summary>
    /// <param name="state">Receives <see cref="StateLength"/> values.</param>
    void GetState(Span<double> state);

    /// <summary>Sets the state; the episode goes on from it.</summary>
    /// <param name="state"><see cref="StateLength"/> values.</param>
    void SetState(ReadOnlySpan<double> state);
}
