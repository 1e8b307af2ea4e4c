using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>A vector environment whose instances' states callers can read and set, for example to replay single steps.</summary>
public interface IStatefulVectorEnvironment : IVectorEnvironment
{
    /// <summary>Number of doubles in one instance's state.</summary>
    int StateLength { get; }

    /// <summary>Reads one instance's state.</summary>
    /// <param name="instance">The instance's index, 0 to Count - 1.</param>
    /// <param name="state">Receives <see cref="StateLength"/> values.</param>
    void GetState(int instance, Span<double> state);

    /// <summary>Sets one instance's state. Its episode continues from it.</summary>
    /// <param name="instance">The instance's index, 0 to Count - 1.</param>
    /// <param name="state"><see cref="StateLength"/> values.</param>
    void SetState(int instance, ReadOnlySpan<double> state);
}
