namespace Krewe.Environments;

/// <summary>
/// The grid of <see cref="Taxi"/>: 5 by 5 cells, walls between some columns, four stops, and the encoding of states as
/// ((row * 5 + column) * 5 + passenger) * 4 + destination. A passenger of 0 to 3 waits at that stop; 4 is in the taxi.
/// </summary>
internal static class TaxiGrid
{
    public const int Size = 5;
    public const int States = Size * Size * 5 * 4;
    public const int Riding = 4;

    private static readonly (int Row, int Column)[] Stops = [(0, 0), (0, 4), (4, 0), (4, 3)];

    // These cells have a wall on the right.
    private static readonly (int Row, int Column)[] Walls = [(0, 1), (1, 1), (3, 0), (3, 2), (4, 0), (4, 2)];

    public static int Encode(int row, int column, int passenger, int destination) =>
        (((((row * Size) + column) * 5) + passenger) * 4) + destination;

    public static (int Row, int Column, int Passenger, int Destination) Decode(int state) =>
        (state / 100, state / 20 % 5, state / 4 % 5, state % 4);

    /// <summary>The stop at a cell, or -1.</summary>
    public static int StopAt(int row, int column) => Array.IndexOf(Stops, (row, column));

    /// <summary>The cell that a move (0 south, 1 north, 2 east, 3 west) leads to; the same cell at a wall or an edge.</summary>
    public static (int Row, int Column) Move(int row, int column, int direction) => direction switch
    {
        0 => (Math.Min(row + 1, Size - 1), column),
        1 => (Math.Max(row - 1, 0), column),
        2 => (row, column < Size - 1 && !Walls.Contains((row, column)) ? column + 1 : column),
        _ => (row, column > 0 && !Walls.Contains((row, column - 1)) ? column - 1 : column),
    };
}
