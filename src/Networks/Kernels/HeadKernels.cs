namespace Krewe.Networks;

/// <summary>The output layer, which computes the Q-values: few outputs, of which training differentiates one per row.</summary>
internal static unsafe class HeadKernels<TOps, TVec>
    where TOps : struct, ISimd<TVec>
    where TVec : unmanaged
{
    /// <summary>
    /// Computes Q-values for four rows at a time, so that the sums over lanes share shuffles: 128 values of 64 inputs take 0.4 us,
    /// with one dot product per value 1.8 us. A value does not depend on the other rows.
    /// </summary>
    public static void Values(in HeadProduct p)
    {
        float* sums = stackalloc float[4];
        for (int row = 0; row < p.Rows; row += 4)
        {
            int last = p.Rows - 1;
            int row1 = Math.Min(row + 1, last);
            int row2 = Math.Min(row + 2, last);
            int row3 = Math.Min(row + 3, last);
            float* x0 = p.Input + (row * p.InputStride);
            float* x1 = p.Input + (row1 * p.InputStride);
            float* x2 = p.Input + (row2 * p.InputStride);
            float* x3 = p.Input + (row3 * p.InputStride);
            TVec a0 = default, a1 = default, a2 = default, a3 = default;
            if (p.Actions == null)
            {
                float* w = p.Weight;
                for (nint i = 0; i < p.Length; i += TOps.Width)
                {
                    TVec v = *(TVec*)(w + i);
                    a0 = TOps.Fma(*(TVec*)(x0 + i), v, a0);
                    a1 = TOps.Fma(*(TVec*)(x1 + i), v, a1);
                    a2 = TOps.Fma(*(TVec*)(x2 + i), v, a2);
                    a3 = TOps.Fma(*(TVec*)(x3 + i), v, a3);
                }
            }
            else
            {
                float* w0 = p.Weight + (p.Actions[row] * p.WeightStride);
                float* w1 = p.Weight + (p.Actions[row1] * p.WeightStride);
                float* w2 = p.Weight + (p.Actions[row2] * p.WeightStride);
                float* w3 = p.Weight + (p.Actions[row3] * p.WeightStride);
                for (nint i = 0; i < p.Length; i += TOps.Width)
                {
                    a0 = TOps.Fma(*(TVec*)(x0 + i), *(TVec*)(w0 + i), a0);
                    a1 = TOps.Fma(*(TVec*)(x1 + i), *(TVec*)(w1 + i), a1);
                    a2 = TOps.Fma(*(TVec*)(x2 + i), *(TVec*)(w2 + i), a2);
                    a3 = TOps.Fma(*(TVec*)(x3 + i), *(TVec*)(w3 + i), a3);
                }
            }

            TOps.StoreSums(a0, a1, a2, a3, sums);
            int count = Math.Min(4, p.Rows - row);
            for (int i = 0; i < count; i++)
            {
                p.Output[(row + i) * p.OutputStride] = sums[i] + p.Bias[p.Actions == null ? 0 : p.Actions[row + i]];
            }
        }
    }

    /// <summary>
    /// Computes, from the gradient of each row's Q-value, the gradient of the head's weight (accumulated) and, if
    /// <paramref name="delta"/> is not null, the gradient of the input, gated by the preceding ReLU.
    /// </summary>
    public static void Gradients(in HeadProduct p, float* outputGradients, float* weightGradient, float* delta)
    {
        for (int row = 0; row < p.Rows; row++)
        {
            TVec g = TOps.BroadcastAt(outputGradients + row);
            nint offset = p.Actions[row] * p.WeightStride;
            float* x = p.Input + (row * p.InputStride);
            float* sum = weightGradient + offset;
            if (delta == null)
            {
                for (nint i = 0; i < p.Length; i += TOps.Width)
                {
                    *(TVec*)(sum + i) = TOps.Fma(g, *(TVec*)(x + i), *(TVec*)(sum + i));
                }

                continue;
            }

            float* w = p.Weight + offset;
            float* to = delta + (row * p.InputStride);
            for (nint i = 0; i < p.Length; i += TOps.Width)
            {
                TVec input = *(TVec*)(x + i);
                *(TVec*)(to + i) = TOps.Gate(TOps.Multiply(g, *(TVec*)(w + i)), input);
                *(TVec*)(sum + i) = TOps.Fma(g, input, *(TVec*)(sum + i));
            }
        }
    }
}

/// <summary>The arguments of a Q-value computation: output[row] = bias[action] + input[row] . weight[action]. Strides are in elements.</summary>
internal unsafe struct HeadProduct
{
    /// <summary>Input [Rows, Length], padded with zeros to a multiple of <see cref="AlignedFloats.Lanes"/>.</summary>
    public float* Input;
    public nint InputStride;
    public int Rows;
    public int Length;

    /// <summary>Weight [actions, Length] and <see cref="Bias"/> [actions]; those of a single action if <see cref="Actions"/> is null.</summary>
    public float* Weight;
    public nint WeightStride;
    public float* Bias;

    /// <summary>The action of each row; null if all rows have the same action.</summary>
    public int* Actions;

    /// <summary>Receives one value per row.</summary>
    public float* Output;
    public nint OutputStride;
}
