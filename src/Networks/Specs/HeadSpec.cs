using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Krewe.Networks;

/// <summary>What the outputs of an action mean.</summary>
public enum HeadKind
{
    /// <summary>One output, the value itself.</summary>
    Value,

    /// <summary>Logits of a distribution over evenly spaced returns; the value is its expectation (Bellemare et al. 2017).</summary>
    Categorical,

    /// <summary>Quantiles of the return; the value is their mean (Dabney et al. 2018).</summary>
    Quantiles,
}

/// <summary>The head of a network: how many outputs an action has, and how its value follows from them.</summary>
public sealed record HeadSpec
{
    private HeadSpec(HeadKind kind, int outputs, float low, float high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        Kind = kind;
        Outputs = outputs;
        Low = low;
        High = high;
    }

    /// <summary>One value an action.</summary>
    public static HeadSpec Value { get; } = new(HeadKind.Value, 1, 0, 0);

    /// <summary>What the outputs mean.</summary>
    public HeadKind Kind { get; }

    /// <summary>Outputs of one action, W.</summary>
    public int Outputs { get; }

    /// <summary>The smallest return of a categorical distribution.</summary>
    public float Low { get; }

    /// <summary>The largest return of a categorical distribution.</summary>
    public float High { get; }

    /// <summary>A categorical distribution.</summary>
    /// <param name="atoms">Number of returns, at least 2.</param>
    /// <param name="low">The smallest.</param>
    /// <param name="high">The largest, above <paramref name="low"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two returns, or the range is empty or not finite.</exception>
    public static HeadSpec Categorical(int atoms, float low, float high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atoms, 2);
        return float.IsFinite(low) && float.IsFinite(high) && low < high
            ? new HeadSpec(HeadKind.Categorical, atoms, low, high)
            : throw new ArgumentOutOfRangeException(nameof(high), string.Create(CultureInfo.InvariantCulture, $"returns from {low} to {high}, expected a finite range that is not empty"));
    }

    /// <summary>Quantiles of the return.</summary>
    /// <param name="count">Their number, at least 1.</param>
    public static HeadSpec Quantiles(int count) => new(HeadKind.Quantiles, count, 0, 0);

    /// <summary>Reads the text of <see cref="ToString"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="head">The head; null when the text is another.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out HeadSpec? head)
    {
        head = null;
        try
        {
            string[] words = text.Split(' ');
            head = words switch
            {
                ["value"] => Value,
                ["quantiles", var count] => Quantiles(Whole(count)),
                ["categorical", var atoms, "from", var low, "to", var high] => Categorical(Whole(atoms), Number(low), Number(high)),
                _ => null,
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            return false;
        }

        return head is not null;

        static int Whole(string word) => int.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture);

        static float Number(string word) => float.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    /// <summary>The kind and its numbers, for example <c>categorical 51 from -10 to 10</c>.</summary>
    public override string ToString() => Kind switch
    {
        HeadKind.Value => "value",
        HeadKind.Quantiles => string.Create(CultureInfo.InvariantCulture, $"quantiles {Outputs}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"categorical {Outputs} from {Low:R} to {High:R}"),
    };

    /// <summary>The i-th return of a categorical distribution.</summary>
    /// <param name="index">i, from 0 to <see cref="Outputs"/> - 1.</param>
    public float Atom(int index) => (float)(Low + (((double)High - Low) * index / (Outputs - 1)));

    /// <summary>Computes the value of each action from its outputs.</summary>
    /// <param name="outputs">Outputs, [actions, W].</param>
    /// <param name="values">Receives the values, [actions].</param>
    public void Expect(ReadOnlySpan<float> outputs, Span<float> values)
    {
        for (int action = 0; action < values.Length; action++)
        {
            values[action] = Expectation(outputs.Slice(action * Outputs, Outputs));
        }
    }

    /// <summary>Computes the value of one action.</summary>
    /// <param name="outputs">Its outputs, [W].</param>
    public float Expectation(ReadOnlySpan<float> outputs)
    {
        switch (Kind)
        {
            case HeadKind.Value:
                return outputs[0];
            case HeadKind.Quantiles:
                double sum = 0;
                foreach (float quantile in outputs)
                {
                    sum += quantile;
                }

                return (float)(sum / outputs.Length);
            default:
                (_, float mass, float moment) = Softmax.Weigh(outputs, []);
                return Mean(mass, moment);
        }
    }

    /// <summary>The expectation of a categorical distribution.</summary>
    /// <param name="mass">The sum of weights.</param>
    /// <param name="moment">The sum of each weight times its index.</param>
    internal float Mean(float mass, float moment) => (float)(Low + (((double)High - Low) / (Outputs - 1) * moment / mass));
}
