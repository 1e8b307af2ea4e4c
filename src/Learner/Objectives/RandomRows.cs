using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>
/// The rows of an <see cref="IRandomObjective"/>: each observation once for each draw, followed by the draw's inputs. All inputs of an
/// update are drawn before its first block, so that they do not depend on the blocks.
/// </summary>
internal sealed class RandomRows
{
    private readonly IRandomObjective _objective;
    private readonly Func<long, Pcg64> _streams;
    private readonly int[] _draws;
    private readonly float[][] _inputs;
    private readonly byte[] _rows;
    private readonly int[] _actions;

    public RandomRows(INetwork network, IRandomObjective objective, Func<long, Pcg64>? streams)
    {
        _objective = objective;
        _streams = streams ?? throw new ArgumentException("the objective draws random inputs, expected the streams of its updates", nameof(streams));
        _draws = [.. objective.Passes.Select(pass => pass.Draws), objective.Draws];
        _inputs = [.. _draws.Select(_ => Array.Empty<float>())];
        BlockSamples = network.BlockRows / _draws.Max();
        if (BlockSamples == 0 || network.Spec.ElementType != ElementType.Float32)
        {
            throw new ArgumentException(
                $"network {network.Spec} of {network.Spec.ElementType} with {_draws.Max()} draws for each sample: expected {ElementType.Float32} and at most {network.BlockRows} draws",
                nameof(objective));
        }

        _rows = GC.AllocateArray<byte>(network.BlockRows * network.Spec.ObservationBytes, pinned: true);
        _actions = new int[network.BlockRows];
    }

    /// <summary>Number of inputs that follow an observation.</summary>
    public int InputLength => _objective.InputLength;

    /// <summary>Draws for each sample in the pass that is differentiated.</summary>
    public int Draws => _draws[^1];

    /// <summary>The largest number of samples in a block, so that no pass has more rows than the network takes.</summary>
    public int BlockSamples { get; }

    /// <summary>Draws the inputs of an update.</summary>
    /// <param name="update">Steps taken before it.</param>
    /// <param name="samples">Samples of its batch.</param>
    public void Begin(long update, int samples)
    {
        Pcg64 random = _streams(update);
        for (int pass = 0; pass < _draws.Length; pass++)
        {
            int length = samples * _draws[pass] * InputLength;
            if (_inputs[pass].Length < length)
            {
                _inputs[pass] = new float[length];
            }

            for (int at = 0; at < length; at += InputLength)
            {
                _objective.Draw(random, _inputs[pass].AsSpan(at, InputLength));
            }
        }
    }

    /// <summary>The inputs of the pass that is differentiated, [samples, draws, length].</summary>
    /// <param name="first">The first sample.</param>
    /// <param name="samples">Number of samples.</param>
    public ReadOnlySpan<float> Inputs(int first, int samples) => Inputs(_draws.Length - 1, first, samples);

    /// <summary>Composes the rows of a block.</summary>
    /// <param name="pass">The pass; the number of passes for the one that is differentiated.</param>
    /// <param name="observations">Observations, [samples * observation bytes].</param>
    /// <param name="first">The first sample of the block.</param>
    /// <param name="samples">Number of samples, at most <see cref="BlockSamples"/>.</param>
    /// <returns>The rows, valid until the next call.</returns>
    public ReadOnlySpan<byte> Compose(int pass, ReadOnlySpan<byte> observations, int first, int samples)
    {
        int draws = _draws[pass];
        int each = observations.Length / samples;
        ReadOnlySpan<byte> inputs = MemoryMarshal.AsBytes(Inputs(pass, first, samples));
        int inputBytes = InputLength * sizeof(float);
        int rowBytes = each + inputBytes;
        for (int row = 0; row < samples * draws; row++)
        {
            Span<byte> to = _rows.AsSpan(row * rowBytes, rowBytes);
            observations.Slice(row / draws * each, each).CopyTo(to);
            inputs.Slice(row * inputBytes, inputBytes).CopyTo(to[each..]);
        }

        return _rows.AsSpan(0, samples * draws * rowBytes);
    }

    /// <summary>Repeats the action of each sample for the draws of the pass that is differentiated.</summary>
    /// <param name="actions">Actions, [samples].</param>
    public ReadOnlySpan<int> Repeat(ReadOnlySpan<int> actions)
    {
        Span<int> repeated = _actions.AsSpan(0, actions.Length * Draws);
        for (int row = 0; row < repeated.Length; row++)
        {
            repeated[row] = actions[row / Draws];
        }

        return repeated;
    }

    private ReadOnlySpan<float> Inputs(int pass, int first, int samples)
    {
        int each = _draws[pass] * InputLength;
        return _inputs[pass].AsSpan(first * each, samples * each);
    }
}
