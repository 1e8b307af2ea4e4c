namespace Krewe.Environments;

/// <summary>
/// <c>CliffWalking-v1</c>: walk along a cliff on a grid of 4 rows and 12 columns from the lower left to the lower right corner.
/// Actions: up (0), right (1), down (2), left (3). The reward is -1 per step and -100 for a step off the cliff, which returns the
/// agent to the start. Observation: row * 12 + column.
/// </summary>
/// <remarks>R. S. Sutton, A. G. Barto, "Reinforcement Learning", 2018, example 6.6; the slippery variant is Gymnasium's.</remarks>
public sealed class CliffWalking : TabularEnvironment
{
    private const int Rows = 4;
    private const int Columns = 12;
    private const int Start = (Rows - 1) * Columns;
    private const int Goal = (Rows * Columns) - 1;

    private static readonly TransitionTable Firm = Build(slippery: false);
    private static readonly TransitionTable Slippery = Build(slippery: true);

    /// <summary>Creates the environment.</summary>
    /// <param name="isSlippery">Whether a move goes in the intended direction or to either side, each with probability 1/3.</param>
    public CliffWalking(bool isSlippery = false)
        : base(isSlippery ? Slippery : Firm)
    {
    }

    private static TransitionTable Build(bool slippery)
    {
        var initial = new double[Rows * Columns];
        initial[Start] = 1;
        return new TransitionTable(Rows * Columns, 4, initial, Outcomes);

        IEnumerable<Transition> Outcomes(int state, int action) => slippery
            ? [Move(1.0 / 3, state, (action + 3) % 4), Move(1.0 / 3, state, action), Move(1.0 / 3, state, (action + 1) % 4)]
            : [Move(1.0, state, action)];
    }

    private static Transition Move(double probability, int state, int direction)
    {
        (int row, int column) = (state / Columns, state % Columns);
        (row, column) = direction switch
        {
            0 => (Math.Max(row - 1, 0), column),
            1 => (row, Math.Min(column + 1, Columns - 1)),
            2 => (Math.Min(row + 1, Rows - 1), column),
            _ => (row, Math.Max(column - 1, 0)),
        };
        int next = (row * Columns) + column;
        return next is > Start and < Goal ? new(probability, Start, -100, false) : new(probability, next, -1, next == Goal);
    }
}
