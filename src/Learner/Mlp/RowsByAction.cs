using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>The rows of a block in the order of their actions.</summary>
/// <param name="spec">The network.</param>
/// <param name="capacity">The largest number of rows.</param>
internal sealed class RowsByAction(NetworkSpec spec, int capacity)
{
    private readonly byte[] _observations = new byte[capacity * spec.ObservationBytes];
    private readonly int[] _actions = new int[capacity];
    private readonly float[] _outputs = new float[capacity * spec.Head.Outputs];
    private readonly int[] _places = new int[capacity];
    private readonly int[] _starts = new int[spec.ActionCount + 1];
    private int _rows;

    /// <summary>The observations, sorted.</summary>
    public ReadOnlySpan<byte> Observations => _observations.AsSpan(0, _rows * spec.ObservationBytes);

    /// <summary>The actions, ascending.</summary>
    public ReadOnlySpan<int> Actions => _actions.AsSpan(0, _rows);

    /// <summary>The outputs of the actions, or their gradients, sorted, [rows, W].</summary>
    public Span<float> Outputs => _outputs.AsSpan(0, _rows * spec.Head.Outputs);

    /// <summary>The place of each row of the block, [rows].</summary>
    public ReadOnlySpan<int> Places => _places.AsSpan(0, _rows);

    /// <summary>Takes a block over; rows of the same action keep their order.</summary>
    /// <param name="observations">Its observations.</param>
    /// <param name="actions">Its actions.</param>
    public void Sort(ReadOnlySpan<byte> observations, ReadOnlySpan<int> actions)
    {
        _rows = actions.Length;
        Array.Clear(_starts);
        foreach (int action in actions)
        {
            _starts[action + 1]++;
        }

        for (int action = 1; action < _starts.Length; action++)
        {
            _starts[action] += _starts[action - 1];
        }

        int each = spec.ObservationBytes;
        for (int row = 0; row < actions.Length; row++)
        {
            int place = _starts[actions[row]]++;
            _places[row] = place;
            _actions[place] = actions[row];
            observations.Slice(row * each, each).CopyTo(_observations.AsSpan(place * each));
        }
    }

    /// <summary>Copies the outputs out, in the order of the block.</summary>
    public void CopyOutputs(Span<float> outputs)
    {
        int width = spec.Head.Outputs;
        for (int row = 0; row < _rows; row++)
        {
            _outputs.AsSpan(_places[row] * width, width).CopyTo(outputs[(row * width)..]);
        }
    }

    /// <summary>Copies the outputs in, from the order of the block.</summary>
    public void TakeOutputs(ReadOnlySpan<float> outputs)
    {
        int width = spec.Head.Outputs;
        for (int row = 0; row < _rows; row++)
        {
            outputs.Slice(row * width, width).CopyTo(_outputs.AsSpan(_places[row] * width));
        }
    }
}
