namespace Krewe.Environments;

/// <summary>
/// <c>Taxi-v4</c>: pick up a passenger at one of four stops and drop them off at another. Actions: south (0), north (1), east (2),
/// west (3), pick up (4), drop off (5). The reward is -1 per step, -10 for an illegal pick-up or drop-off and 20 for delivering the
/// passenger. Observation: ((row * 5 + column) * 5 + passenger) * 4 + destination.
/// </summary>
/// <remarks>
/// T. G. Dietterich, "Hierarchical Reinforcement Learning with the MAXQ Value Function Decomposition", JAIR 13, 2000; rain and
/// the fickle passenger follow its section 7.1, as implemented in Gymnasium 1.3.
/// </remarks>
public sealed class Taxi : TabularEnvironment, IActionMask
{
    private const int PickUp = 4;
    private const int DropOff = 5;

    // The directions to the left and to the right of south, north, east, west.
    private static readonly int[] LeftOf = [2, 3, 1, 0];
    private static readonly int[] RightOf = [3, 2, 0, 1];

    private static readonly TransitionTableCache<Weather> Tables = new();

    private readonly bool _ficklePassenger;
    private readonly double _fickleProbability;
    private bool _mayChangeHisMind;

    /// <summary>Creates the environment.</summary>
    /// <param name="isRainy">Whether a move may go to the left or right instead.</param>
    /// <param name="ficklePassenger">Whether the passenger may change destination on the first move after the pick-up.</param>
    /// <param name="rainyProbability">Probability of moving in the intended direction in rain; each side gets half of the rest.</param>
    /// <param name="fickleProbability">Probability, decided at reset, that a fickle passenger changes the destination.</param>
    public Taxi(bool isRainy = false, bool ficklePassenger = false, double rainyProbability = 0.8, double fickleProbability = 0.3)
        : base(Tables.Get(new Weather(isRainy ? rainyProbability : null), weather => Build(weather.Straight)))
    {
        _ficklePassenger = ficklePassenger;
        _fickleProbability = fickleProbability;
    }

    /// <summary>The state, and of a fickle passenger whether the destination may still change.</summary>
    /// <inheritdoc/>
    public override int StateLength => _ficklePassenger ? 2 : 1;

    /// <inheritdoc/>
    public override void GetState(Span<double> state)
    {
        base.GetState(state);
        if (_ficklePassenger)
        {
            state[1] = _mayChangeHisMind ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public override void SetState(ReadOnlySpan<double> state)
    {
        base.SetState(state);
        _mayChangeHisMind = _ficklePassenger && state[1] != 0;
    }

    /// <inheritdoc/>
    public void GetActionMask(Span<byte> mask)
    {
        (int row, int column, int passenger, int _) = TaxiGrid.Decode(State);
        for (int direction = 0; direction < 4; direction++)
        {
            mask[direction] = TaxiGrid.Move(row, column, direction) != (row, column) ? (byte)1 : (byte)0;
        }

        int stop = TaxiGrid.StopAt(row, column);
        mask[PickUp] = passenger < TaxiGrid.Riding && stop == passenger ? (byte)1 : (byte)0;
        mask[DropOff] = passenger == TaxiGrid.Riding && stop >= 0 ? (byte)1 : (byte)0;
    }

    /// <inheritdoc/>
    protected override void OnReset() => _mayChangeHisMind = _ficklePassenger && Random.NextDouble() < _fickleProbability;

    /// <inheritdoc/>
    protected override int OnTransition(int state, int next)
    {
        (int row, int column, int passenger, int destination) = TaxiGrid.Decode(state);
        (int newRow, int newColumn, int newPassenger, int _) = TaxiGrid.Decode(next);
        if (!_mayChangeHisMind || passenger != TaxiGrid.Riding || (newRow, newColumn) == (row, column))
        {
            return next;
        }

        // One of the three other stops, once per episode.
        _mayChangeHisMind = false;
        int other = Random.NextInt(3);
        return TaxiGrid.Encode(newRow, newColumn, newPassenger, other < destination ? other : other + 1);
    }

    private static TransitionTable Build(double? rainyProbability)
    {
        var initial = new double[TaxiGrid.States];
        for (int state = 0; state < initial.Length; state++)
        {
            (int _, int _, int passenger, int destination) = TaxiGrid.Decode(state);
            initial[state] = passenger < TaxiGrid.Riding && passenger != destination ? 1.0 / (TaxiGrid.Size * TaxiGrid.Size * 12) : 0;
        }

        return new TransitionTable(TaxiGrid.States, 6, initial, Outcomes);

        IEnumerable<Transition> Outcomes(int state, int action) => action switch
        {
            PickUp => [LetIn(state)],
            DropOff => [LetOut(state)],
            _ when rainyProbability is { } straight => Rain(state, action, straight),
            _ => [new(1.0, Drive(state, action), -1, false)],
        };
    }

    // If the way ahead is blocked, all three outcomes leave the taxi in place.
    private static Transition[] Rain(int state, int action, double straight)
    {
        double aside = (1.0 - straight) / 2.0;
        bool barred = Drive(state, action) == state;
        return
        [
            new(straight, Drive(state, action), -1, false),
            new(aside, barred ? state : Drive(state, LeftOf[action]), -1, false),
            new(aside, barred ? state : Drive(state, RightOf[action]), -1, false),
        ];
    }

    private static int Drive(int state, int direction)
    {
        (int row, int column, int passenger, int destination) = TaxiGrid.Decode(state);
        (row, column) = TaxiGrid.Move(row, column, direction);
        return TaxiGrid.Encode(row, column, passenger, destination);
    }

    private static Transition LetIn(int state)
    {
        (int row, int column, int passenger, int destination) = TaxiGrid.Decode(state);
        bool waits = passenger < TaxiGrid.Riding && TaxiGrid.StopAt(row, column) == passenger;
        return waits ? new(1.0, TaxiGrid.Encode(row, column, TaxiGrid.Riding, destination), -1, false) : new(1.0, state, -10, false);
    }

    private static Transition LetOut(int state)
    {
        (int row, int column, int passenger, int destination) = TaxiGrid.Decode(state);
        int stop = TaxiGrid.StopAt(row, column);
        if (passenger != TaxiGrid.Riding || stop < 0)
        {
            return new(1.0, state, -10, false);
        }

        bool home = stop == destination;
        return new(1.0, TaxiGrid.Encode(row, column, stop, destination), home ? 20 : -1, home);
    }

    // Probability of moving in the intended direction in rain; null in dry weather.
    private sealed record Weather(double? Straight);
}
