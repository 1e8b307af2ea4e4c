using System.Collections.Immutable;
using System.Globalization;

namespace Krewe.Networks;

/// <summary>A square convolution without padding, followed by ReLU: what <c>nn.Conv2d(in, Filters, Kernel, Stride)</c> computes.</summary>
/// <param name="Filters">Output channels.</param>
/// <param name="Kernel">Height and width of a filter.</param>
/// <param name="Stride">Pixels between two neighbouring outputs.</param>
public readonly record struct ConvolutionShape(int Filters, int Kernel, int Stride)
{
    /// <summary>The convolutions of Mnih et al. 2015 for 84 x 84 images: 32 of 8 x 8 at stride 4, 64 of 4 x 4 at 2, 64 of 3 x 3 at 1.</summary>
    public static ImmutableArray<ConvolutionShape> Nature { get; } = [new(32, 8, 4), new(64, 4, 2), new(64, 3, 1)];

    /// <summary>Reads <c>32x8/4</c>: 32 filters of 8 x 8 at stride 4.</summary>
    /// <param name="text">The text.</param>
    /// <param name="shape">The convolution; every number at least 1 and at most 4096.</param>
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

    /// <summary>Reads several, separated by commas.</summary>
    /// <param name="text">For example <c>32x8/4,64x4/2,64x3/1</c>; empty for none.</param>
    /// <param name="shapes">The convolutions.</param>
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

    /// <summary>What <see cref="TryParse(string, out ConvolutionShape)"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Filters}x{Kernel}/{Stride}");

    private static bool Number(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= 4096;
}
