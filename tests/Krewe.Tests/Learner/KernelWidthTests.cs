using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>
/// Kernels without sums give the same bits at every vector width. Products and sums add in an order of their own at each width, and are held
/// to a float64 reference in the tests of the update.
/// </summary>
public unsafe class KernelWidthTests
{
    public static TheoryData<string> Wide() => [.. NetworkCases.Paths().Where(name => name != KernelSet.Scalar.Name)];

    [Theory]
    [MemberData(nameof(Wide))]
    public void Elementwise_kernels_of_every_width_have_the_bits_of_the_scalar_ones(string name) =>
        Assert.Equal(Elementwise(KernelSet.Scalar), Elementwise(NetworkCases.Path(name)));

    private static float[] Elementwise(KernelSet kernels)
    {
        const int Length = 16 * 9;
        AlignedFloats x = Filled(Length, seed: 1), y = Filled(Length, seed: 2), z = Filled(Length, seed: 3), first = Filled(Length, seed: 4), second = Filled(Length, seed: 5);
        for (int i = 0; i < Length; i++)
        {
            second.Span[i] *= second.Span[i];
        }

        var transposed = new AlignedFloats(Length);
        var mask = new AlignedMasks(1, Length);
        kernels.AddScaled(0.3f, x.Pointer, y.Pointer, Length);
        kernels.Mix(0.1f, y.Pointer, z.Pointer, Length);
        kernels.Adam(new AdamStep(0.5f, 0.9f, 0.1f, 0.999f, 0.001f, 1e-3f, 1.5f, 1e-8f), x.Pointer, z.Pointer, first.Pointer, second.Pointer, Length);
        kernels.Transpose(x.Pointer, sourceStride: 16, rows: 9, columns: 16, transposed.Pointer, targetStride: 9);
        var relu = new AlignedFloats(Length);
        kernels.AddRelu(x.Pointer, y.Pointer, relu.Pointer, Length, mask.Pointer);
        ulong[] bits = new ReadOnlySpan<ulong>(mask.Pointer, mask.Stride).ToArray();
        float[] result = [.. x.Span, .. y.Span, .. z.Span, .. first.Span, .. second.Span, .. transposed.Span, .. relu.Span, .. bits.Select(word => (float)word)];
        GC.KeepAlive((x, y, z, first, second));
        return result;
    }

    private static AlignedFloats Filled(int length, int seed)
    {
        var random = new Random(seed);
        var floats = new AlignedFloats(length);
        for (int i = 0; i < length; i++)
        {
            floats.Span[i] = (random.NextSingle() * 2) - 1;
        }

        return floats;
    }
}
