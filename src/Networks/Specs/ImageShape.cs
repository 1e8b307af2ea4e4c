using System.Globalization;

namespace Krewe.Networks;

/// <summary>The shape of an image, channels first: <c>[Channels, Height, Width]</c>.</summary>
/// <param name="Channels">Number of channels or stacked frames.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Number of elements.</summary>
    public int Length => checked(Channels * Height * Width);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Channels}x{Height}x{Width}");
}
