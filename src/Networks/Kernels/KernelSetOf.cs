namespace Krewe.Networks;

/// <summary>The kernels for one vector type.</summary>
internal sealed unsafe class KernelSet<TOps, TVec>(string name) : KernelSet
    where TOps : struct, ISimd<TVec>
    where TVec : unmanaged
{
    /// <summary>PyTorch's default.</summary>
    private const double NormEpsilon = 1e-5;

    public override string Name => name;

    public override bool IsSupported => TOps.IsSupported;

    public override void Multiply(in Product product) => MaskedProduct<TOps, TVec>.Run(product);

    public override void MultiplyDense(in Product product) => DenseProduct<TOps, TVec>.Run(product);

    public override void HeadValues(in HeadProduct product) => HeadKernels<TOps, TVec>.Values(product);

    public override void HeadGradients(in HeadProduct product, float* outputGradients, float* weightGradient, float* delta) =>
        HeadKernels<TOps, TVec>.Gradients(product, outputGradients, weightGradient, delta);

    public override void Transpose(float* source, nint sourceStride, int rows, int columns, float* target, nint targetStride)
    {
        int row = 0;
        for (; row <= rows - TOps.Width; row += TOps.Width)
        {
            for (int column = 0; column < columns; column += TOps.Width)
            {
                TOps.TransposeBlock(
                    source + (row * sourceStride) + column, sourceStride, target + (column * targetStride) + row, targetStride);
            }
        }

        for (; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                target[(column * targetStride) + row] = source[(row * sourceStride) + column];
            }
        }
    }

    public override void WriteMasks(float* matrix, nint stride, int rows, int columns, ulong* masks, nint maskStride)
    {
        int last = columns & 63;
        ulong valid = (1UL << last) - 1;
        for (int row = 0; row < rows; row++)
        {
            ulong* mask = masks + (row * maskStride);
            float* values = matrix + (row * stride);
            for (int column = 0; column < columns; column += TOps.Width)
            {
                TOps.StoreNonZeroBits(*(TVec*)(values + column), mask, column);
            }

            // Reading back a word just written in parts stalls for a dozen cycles, so it is read only if necessary.
            if (last != 0)
            {
                mask[columns >> 6] &= valid;
            }
        }
    }

    public override float Dot(float* x, float* y, int length)
    {
        TVec a0 = default, a1 = default, a2 = default, a3 = default;
        int i = 0;
        for (; i <= length - (4 * TOps.Width); i += 4 * TOps.Width)
        {
            a0 = TOps.Fma(*(TVec*)(x + i), *(TVec*)(y + i), a0);
            a1 = TOps.Fma(*(TVec*)(x + i + TOps.Width), *(TVec*)(y + i + TOps.Width), a1);
            a2 = TOps.Fma(*(TVec*)(x + i + (2 * TOps.Width)), *(TVec*)(y + i + (2 * TOps.Width)), a2);
            a3 = TOps.Fma(*(TVec*)(x + i + (3 * TOps.Width)), *(TVec*)(y + i + (3 * TOps.Width)), a3);
        }

        for (; i < length; i += TOps.Width)
        {
            a0 = TOps.Fma(*(TVec*)(x + i), *(TVec*)(y + i), a0);
        }

        return TOps.Sum(TOps.Add(TOps.Add(a0, a1), TOps.Add(a2, a3)));
    }

    public override void AddScaled(float factor, float* source, float* target, int length)
    {
        TVec scale = TOps.Broadcast(factor);
        for (int i = 0; i < length; i += TOps.Width)
        {
            *(TVec*)(target + i) = TOps.Fma(scale, *(TVec*)(source + i), *(TVec*)(target + i));
        }
    }

    public override void AddRelu(float* x, float* y, float* target, int length, ulong* mask)
    {
        for (int i = 0; i < length; i += TOps.Width)
        {
            TVec sum = TOps.Relu(TOps.Add(*(TVec*)(x + i), *(TVec*)(y + i)));
            *(TVec*)(target + i) = sum;
            TOps.StoreNonZeroBits(sum, mask, i);
        }
    }

    public override float Normalize(float* x, int width, float* gain, float* bias, float* output, ulong* mask)
    {
        int columns = AlignedFloats.Pad(width);
        TVec sum = default;
        for (int i = 0; i < columns; i += TOps.Width)
        {
            sum = TOps.Add(sum, *(TVec*)(x + i));
        }

        float mean = TOps.Sum(sum) / width;
        TVec minusMean = TOps.Broadcast(-mean);
        TVec squares = default;
        int whole = width & ~(TOps.Width - 1);
        for (int i = 0; i < whole; i += TOps.Width)
        {
            TVec difference = TOps.Add(*(TVec*)(x + i), minusMean);
            squares = TOps.Fma(difference, difference, squares);
        }

        double square = TOps.Sum(squares);
        for (int i = whole; i < width; i++)
        {
            square += (x[i] - mean) * (x[i] - mean);
        }

        float scale = (float)(1 / Math.Sqrt((square / width) + NormEpsilon));
        TVec factor = TOps.Broadcast(scale);
        for (int i = 0; i < columns; i += TOps.Width)
        {
            TVec normalized = TOps.Multiply(TOps.Add(*(TVec*)(x + i), minusMean), factor);
            TVec y = TOps.Relu(TOps.Fma(normalized, *(TVec*)(gain + i), *(TVec*)(bias + i)));
            TOps.StoreNonZeroBits(y, mask, i);
            *(TVec*)(x + i) = normalized;
            *(TVec*)(output + i) = y;
        }

        if (width < columns)
        {
            // Zero times NaN is not zero.
            new Span<float>(output + width, columns - width).Clear();
            mask[width >> 6] &= (1UL << (width & 63)) - 1;
        }

        return scale;
    }

    public override void NormalizeGradient(float* delta, float* normalized, float scale, int width, float* gain, float* gainGradient, float* biasGradient)
    {
        int columns = AlignedFloats.Pad(width);
        TVec sum = default;
        TVec products = default;
        for (int i = 0; i < columns; i += TOps.Width)
        {
            TVec d = *(TVec*)(delta + i);
            TVec x = *(TVec*)(normalized + i);
            *(TVec*)(gainGradient + i) = TOps.Fma(d, x, *(TVec*)(gainGradient + i));
            *(TVec*)(biasGradient + i) = TOps.Add(d, *(TVec*)(biasGradient + i));
            d = TOps.Multiply(d, *(TVec*)(gain + i));
            *(TVec*)(delta + i) = d;
            sum = TOps.Add(sum, d);
            products = TOps.Fma(d, x, products);
        }

        // With g the gradient at the normalized row n: dx = scale * (g - mean g - n * mean(g * n)).
        TVec shift = TOps.Broadcast(-TOps.Sum(sum) / width);
        TVec slope = TOps.Broadcast(-TOps.Sum(products) / width);
        TVec factor = TOps.Broadcast(scale);
        for (int i = 0; i < columns; i += TOps.Width)
        {
            TVec d = TOps.Add(*(TVec*)(delta + i), shift);
            *(TVec*)(delta + i) = TOps.Multiply(factor, TOps.Fma(slope, *(TVec*)(normalized + i), d));
        }

        new Span<float>(delta + width, columns - width).Clear();
    }

    public override void Mix(float share, float* source, float* target, int length)
    {
        TVec mine = TOps.Broadcast(share);
        TVec rest = TOps.Broadcast((float)(1.0 - share));
        for (int i = 0; i < length; i += TOps.Width)
        {
            *(TVec*)(target + i) = TOps.Fma(mine, *(TVec*)(source + i), TOps.Multiply(rest, *(TVec*)(target + i)));
        }
    }

    public override void Adam(in AdamStep step, float* parameters, float* gradient, float* first, float* second, int length)
    {
        TVec gradientScale = TOps.Broadcast(step.GradientScale);
        TVec beta1 = TOps.Broadcast(step.Beta1);
        TVec rest1 = TOps.Broadcast(step.OneMinusBeta1);
        TVec beta2 = TOps.Broadcast(step.Beta2);
        TVec rest2 = TOps.Broadcast(step.OneMinusBeta2);
        TVec stepSize = TOps.Broadcast(-step.StepSize);
        TVec rootScale = TOps.Broadcast(step.RootScale);
        TVec epsilon = TOps.Broadcast(step.Epsilon);
        for (int i = 0; i < length; i += TOps.Width)
        {
            TVec g = TOps.Multiply(gradientScale, *(TVec*)(gradient + i));

            // The moments of a dead unit decay forever. Without the flush, half of them are denormal after 1,500 updates of 4-64-64-2, and
            // an update takes 65 us instead of 20 us. A flushed value changes the denominator by less than 1e-18, negligible next to epsilon.
            TVec m = TOps.FlushTiny(TOps.Fma(beta1, *(TVec*)(first + i), TOps.Multiply(rest1, g)));
            TVec v = TOps.FlushTiny(TOps.Fma(beta2, *(TVec*)(second + i), TOps.Multiply(TOps.Multiply(rest2, g), g)));
            *(TVec*)(first + i) = m;
            *(TVec*)(second + i) = v;
            TVec change = TOps.DivideByRoot(m, v, rootScale, epsilon);
            *(TVec*)(parameters + i) = TOps.Fma(stepSize, change, *(TVec*)(parameters + i));
        }
    }
}
