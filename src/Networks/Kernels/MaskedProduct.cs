namespace Krewe.Networks;

/// <summary>
/// The general matrix product. It iterates over the set bits of the left factor's mask, so a zero costs nothing. After a ReLU, half of
/// the elements or more are zero: the activations in the forward pass, the transposed activations in weight gradients, and the gated
/// gradients in input gradients.
/// </summary>
/// <remarks>
/// A tile is one row by eight (or four, or one) vectors of columns, held in registers during a pass over 64 rows of the right factor.
/// Such a panel, at most 64 by 128 floats, stays in the L1 cache for all rows. Sums run in the order of depth (two interleaved sums in
/// tiles of four vectors), so results do not depend on the number of rows.
/// <para>
/// On one core with 176 GFLOP/s of 512-bit FMA, 64 x 256 by 256 x 256 with half of the left factor zero takes 36 us (230 GFLOP/s,
/// counted as a dense product), with three quarters zero 22 us. Loads are the bottleneck, not FMA: nine loads for eight FMA, two per
/// cycle. Counting the bits and unrolling by four does not help. Two rows that share loads and skip only elements that are zero in both
/// would be slower: the union of two half-full masks is three quarters full, which takes 6 cycles of FMA instead of 4.5 cycles of loads.
/// </para>
/// </remarks>
internal static unsafe class MaskedProduct<TOps, TVec>
    where TOps : struct, ISimd<TVec>
    where TVec : unmanaged
{
    /// <summary>Number of rows that are processed for all columns before the next rows, so that their activations stay in the cache.</summary>
    private const int RowBlock = 64;

    public static void Run(in Product product)
    {
        int width = TOps.Width;
        for (int row = 0; row < product.Rows; row += RowBlock)
        {
            int end = Math.Min(row + RowBlock, product.Rows);
            int column = 0;
            for (; column <= product.Columns - (8 * width); column += 8 * width)
            {
                for (int word = 0; word < (product.Depth + 63) >> 6; word++)
                {
                    Panel8(product, row, end, column, word);
                }
            }

            for (; column <= product.Columns - (4 * width); column += 4 * width)
            {
                for (int word = 0; word < (product.Depth + 63) >> 6; word++)
                {
                    Panel4(product, row, end, column, word);
                }
            }

            for (; column < product.Columns; column += width)
            {
                for (int word = 0; word < (product.Depth + 63) >> 6; word++)
                {
                    Panel1(product, row, end, column, word);
                }
            }
        }
    }

    private static void Panel8(in Product p, int row, int end, int column, int word)
    {
        bool last = word == (p.Depth - 1) >> 6;
        nuint stride = (nuint)p.RightStride;
        float* right = p.Right + (((nuint)word << 6) * stride) + column;
        float* output = p.Output + (row * p.OutputStride) + column;
        float* left = p.Left + (row * p.LeftStride) + (word << 6);
        ulong* mask = p.Mask + (row * p.MaskStride) + word;
        bool goesOn = word > 0 || p.Accumulate;
        float* start = goesOn ? output : p.Bias == null ? null : p.Bias + column;
        nint startStride = goesOn ? p.OutputStride : 0;
        for (; row < end; row++)
        {
            TVec a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
            for (ulong bits = *mask; bits != 0; bits &= bits - 1)
            {
                nuint k = (nuint)ulong.TrailingZeroCount(bits);
                TVec x = TOps.BroadcastAt(left + k);
                float* w = right + (k * stride);
                a0 = TOps.Fma(x, *(TVec*)w, a0);
                a1 = TOps.Fma(x, *(TVec*)(w + TOps.Width), a1);
                a2 = TOps.Fma(x, *(TVec*)(w + (2 * TOps.Width)), a2);
                a3 = TOps.Fma(x, *(TVec*)(w + (3 * TOps.Width)), a3);
                a4 = TOps.Fma(x, *(TVec*)(w + (4 * TOps.Width)), a4);
                a5 = TOps.Fma(x, *(TVec*)(w + (5 * TOps.Width)), a5);
                a6 = TOps.Fma(x, *(TVec*)(w + (6 * TOps.Width)), a6);
                a7 = TOps.Fma(x, *(TVec*)(w + (7 * TOps.Width)), a7);
            }

            // Added last, so that no FMA waits for a value from the L2 cache.
            if (start != null)
            {
                a0 = TOps.Add(a0, *(TVec*)start);
                a1 = TOps.Add(a1, *(TVec*)(start + TOps.Width));
                a2 = TOps.Add(a2, *(TVec*)(start + (2 * TOps.Width)));
                a3 = TOps.Add(a3, *(TVec*)(start + (3 * TOps.Width)));
                a4 = TOps.Add(a4, *(TVec*)(start + (4 * TOps.Width)));
                a5 = TOps.Add(a5, *(TVec*)(start + (5 * TOps.Width)));
                a6 = TOps.Add(a6, *(TVec*)(start + (6 * TOps.Width)));
                a7 = TOps.Add(a7, *(TVec*)(start + (7 * TOps.Width)));
            }

            if (last && p.OutputMask != null)
            {
                ulong* nonZero = p.OutputMask + (row * p.OutputMaskStride);
                a0 = TOps.Relu(a0);
                a1 = TOps.Relu(a1);
                a2 = TOps.Relu(a2);
                a3 = TOps.Relu(a3);
                a4 = TOps.Relu(a4);
                a5 = TOps.Relu(a5);
                a6 = TOps.Relu(a6);
                a7 = TOps.Relu(a7);
                TOps.StoreNonZeroBits(a0, nonZero, column);
                TOps.StoreNonZeroBits(a1, nonZero, column + TOps.Width);
                TOps.StoreNonZeroBits(a2, nonZero, column + (2 * TOps.Width));
                TOps.StoreNonZeroBits(a3, nonZero, column + (3 * TOps.Width));
                TOps.StoreNonZeroBits(a4, nonZero, column + (4 * TOps.Width));
                TOps.StoreNonZeroBits(a5, nonZero, column + (5 * TOps.Width));
                TOps.StoreNonZeroBits(a6, nonZero, column + (6 * TOps.Width));
                TOps.StoreNonZeroBits(a7, nonZero, column + (7 * TOps.Width));
            }
            else if (last && p.Gate != null)
            {
                float* gate = p.Gate + (row * p.GateStride) + column;
                a0 = TOps.Gate(a0, *(TVec*)gate);
                a1 = TOps.Gate(a1, *(TVec*)(gate + TOps.Width));
                a2 = TOps.Gate(a2, *(TVec*)(gate + (2 * TOps.Width)));
                a3 = TOps.Gate(a3, *(TVec*)(gate + (3 * TOps.Width)));
                a4 = TOps.Gate(a4, *(TVec*)(gate + (4 * TOps.Width)));
                a5 = TOps.Gate(a5, *(TVec*)(gate + (5 * TOps.Width)));
                a6 = TOps.Gate(a6, *(TVec*)(gate + (6 * TOps.Width)));
                a7 = TOps.Gate(a7, *(TVec*)(gate + (7 * TOps.Width)));
            }

            *(TVec*)output = a0;
            *(TVec*)(output + TOps.Width) = a1;
            *(TVec*)(output + (2 * TOps.Width)) = a2;
            *(TVec*)(output + (3 * TOps.Width)) = a3;
            *(TVec*)(output + (4 * TOps.Width)) = a4;
            *(TVec*)(output + (5 * TOps.Width)) = a5;
            *(TVec*)(output + (6 * TOps.Width)) = a6;
            *(TVec*)(output + (7 * TOps.Width)) = a7;
            output += p.OutputStride;
            left += p.LeftStride;
            mask += p.MaskStride;
            start += startStride;
        }
    }

    private static void Panel4(in Product p, int row, int end, int column, int word)
    {
        bool last = word == (p.Depth - 1) >> 6;
        nuint stride = (nuint)p.RightStride;
        float* right = p.Right + (((nuint)word << 6) * stride) + column;
        float* output = p.Output + (row * p.OutputStride) + column;
        float* left = p.Left + (row * p.LeftStride) + (word << 6);
        ulong* mask = p.Mask + (row * p.MaskStride) + word;
        bool goesOn = word > 0 || p.Accumulate;
        float* start = goesOn ? output : p.Bias == null ? null : p.Bias + column;
        nint startStride = goesOn ? p.OutputStride : 0;
        for (; row < end; row++)
        {
            TVec a0 = default, a1 = default, a2 = default, a3 = default;
            if (start != null)
            {
                a0 = *(TVec*)start;
                a1 = *(TVec*)(start + TOps.Width);
                a2 = *(TVec*)(start + (2 * TOps.Width));
                a3 = *(TVec*)(start + (3 * TOps.Width));
            }

            // Two sums, because with one each FMA would wait for the previous one.
            TVec b0 = default, b1 = default, b2 = default, b3 = default;
            ulong bits = *mask;
            while (bits != 0)
            {
                nuint k = (nuint)ulong.TrailingZeroCount(bits);
                TVec x = TOps.BroadcastAt(left + k);
                float* w = right + (k * stride);
                a0 = TOps.Fma(x, *(TVec*)w, a0);
                a1 = TOps.Fma(x, *(TVec*)(w + TOps.Width), a1);
                a2 = TOps.Fma(x, *(TVec*)(w + (2 * TOps.Width)), a2);
                a3 = TOps.Fma(x, *(TVec*)(w + (3 * TOps.Width)), a3);
                bits &= bits - 1;
                if (bits == 0)
                {
                    break;
                }

                k = (nuint)ulong.TrailingZeroCount(bits);
                x = TOps.BroadcastAt(left + k);
                w = right + (k * stride);
                b0 = TOps.Fma(x, *(TVec*)w, b0);
                b1 = TOps.Fma(x, *(TVec*)(w + TOps.Width), b1);
                b2 = TOps.Fma(x, *(TVec*)(w + (2 * TOps.Width)), b2);
                b3 = TOps.Fma(x, *(TVec*)(w + (3 * TOps.Width)), b3);
                bits &= bits - 1;
            }

            a0 = TOps.Add(a0, b0);
            a1 = TOps.Add(a1, b1);
            a2 = TOps.Add(a2, b2);
            a3 = TOps.Add(a3, b3);
            if (last && p.OutputMask != null)
            {
                ulong* nonZero = p.OutputMask + (row * p.OutputMaskStride);
                a0 = TOps.Relu(a0);
                a1 = TOps.Relu(a1);
                a2 = TOps.Relu(a2);
                a3 = TOps.Relu(a3);
                TOps.StoreNonZeroBits(a0, nonZero, column);
                TOps.StoreNonZeroBits(a1, nonZero, column + TOps.Width);
                TOps.StoreNonZeroBits(a2, nonZero, column + (2 * TOps.Width));
                TOps.StoreNonZeroBits(a3, nonZero, column + (3 * TOps.Width));
            }
            else if (last && p.Gate != null)
            {
                float* gate = p.Gate + (row * p.GateStride) + column;
                a0 = TOps.Gate(a0, *(TVec*)gate);
                a1 = TOps.Gate(a1, *(TVec*)(gate + TOps.Width));
                a2 = TOps.Gate(a2, *(TVec*)(gate + (2 * TOps.Width)));
                a3 = TOps.Gate(a3, *(TVec*)(gate + (3 * TOps.Width)));
            }

            *(TVec*)output = a0;
            *(TVec*)(output + TOps.Width) = a1;
            *(TVec*)(output + (2 * TOps.Width)) = a2;
            *(TVec*)(output + (3 * TOps.Width)) = a3;
            output += p.OutputStride;
            left += p.LeftStride;
            mask += p.MaskStride;
            start += startStride;
        }
    }

    private static void Panel1(in Product p, int row, int end, int column, int word)
    {
        bool last = word == (p.Depth - 1) >> 6;
        nuint stride = (nuint)p.RightStride;
        float* right = p.Right + (((nuint)word << 6) * stride) + column;
        for (; row < end; row++)
        {
            float* output = p.Output + (row * p.OutputStride) + column;
            float* left = p.Left + (row * p.LeftStride) + (word << 6);
            TVec a = word > 0 || p.Accumulate ? *(TVec*)output : p.Bias == null ? default : *(TVec*)(p.Bias + column);
            for (ulong bits = p.Mask[(row * p.MaskStride) + word]; bits != 0; bits &= bits - 1)
            {
                nuint k = (nuint)ulong.TrailingZeroCount(bits);
                a = TOps.Fma(TOps.BroadcastAt(left + k), *(TVec*)(right + (k * stride)), a);
            }

            if (last && p.OutputMask != null)
            {
                a = TOps.Relu(a);
                TOps.StoreNonZeroBits(a, p.OutputMask + (row * p.OutputMaskStride), column);
            }
            else if (last && p.Gate != null)
            {
                a = TOps.Gate(a, *(TVec*)(p.Gate + (row * p.GateStride) + column));
            }

            *(TVec*)output = a;
        }
    }
}
