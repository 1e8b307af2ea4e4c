namespace Krewe.Networks;

/// <summary>One actor's way to the policies of a board: it owns activations only.</summary>
internal sealed class PolicyNetwork(PolicyBoard board, InferenceNetwork network) : IPolicyNetwork
{
    private HeldPolicy? _held;

    public NetworkSpec Spec => network.Spec;

    public long Version => _held?.Version ?? -1;

    public bool Refresh()
    {
        // Most calls find nothing new and need no lock.
        if (board.Version <= Version || board.Take(_held) is not { } newest)
        {
            return false;
        }

        _held = newest;
        network.Use(newest.Prepare());
        return true;
    }

    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues) => network.Forward(observations, count, qValues);

    public void Dispose()
    {
        if (_held is { } held)
        {
            _held = null;
            board.Return(held);
        }

        network.Dispose();
    }
}
