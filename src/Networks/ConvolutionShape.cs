using System.Collections.Immutable;
using System.Globalization;

namespace Krewe.Networks;

/// <summary>A square convolution without padding, <c>nn.Conv2d(in, Filters, Kernel, Stride)</c>, followed by ReLU.</summary>
/// <param name="Filters">Output channels.</param>
/// <param name="Kernel">Height and width of a filter.</param>
/// <param name="Stride">Stride in pixels.</param>
public readonly record struct ConvolutionShape(int Filters, int Kernel, int Stride)
{
    /// <summary>
    /// The convolutions of Mnih et al. 2015 for 84 x 84 images: 32 filters of 8 x 8 with stride 4, 64 of 4 x 4 with stride 2 and 64 of
    /// 3 x 3 with stride 1.
    /// </summary>
    public static ImmutableArray<ConvolutionShape> Nature { get; } = [new(32, 8, 4), new(64, 4, 2), new(64, 3, 1)];

    /// <summary>Parses a convolution: <c>32x8/4</c> means 32 filters of 8 x 8 with stride 4.</summary>
    /// <param name="text">The text; each number is 1 to 4096.</param>
    /// <param name="shape">Receives the convolution.</param>
    public static bool TryParse(string text, out ConvolutionShape shape)
    {
        shape = default;
        int cross = text.IndexOf('x', StringComparison.Ordinal);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (cross < 1 || slash < cross
            || !Number(text.AsSpan(0, cross), out int filters)
            || !Number(text.AsSpan(cross + 1, slash - cross - 1), out int kernel)
            || !Number(text.AsSpan(slash + 1), out int stride))
        {
            return false;
        }

        shape = new ConvolutionShape(filters, kernel, stride);
        return true;
    }

    /// <summary>Parses convolutions separated by commas.</summary>
    /// <param name="text">The text, for example <c>32x8/4,64x4/2,64x3/1</c>; empty for none.</param>
    /// <param name="shapes">Receives the convolutions.</param>
    public static bool TryParse(string text, out ImmutableArray<ConvolutionShape> shapes)
    {
        var builder = ImmutableArray.CreateBuilder<ConvolutionShape>();
        foreach (string part in text.Length == 0 ? [] : text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!TryParse(part, out ConvolutionShape shape))
            {
                shapes = [];
                return false;
            }

            builder.Add(shape);
        }

        shapes = builder.ToImmutable();
        return true;
    }

    /// <summary>Formats the convolution as <see cref="TryParse(string, out ConvolutionShape)"/> parses it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Filters}x{Kernel}/{Stride}");

    private static bool Number(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= 4096;
}
