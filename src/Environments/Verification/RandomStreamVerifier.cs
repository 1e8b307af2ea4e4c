using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Compares a recorded NumPy stream (PCG64 seeded by SeedSequence) with <see cref="Pcg64"/>, number by number, exactly.</summary>
internal static class RandomStreamVerifier
{
    /// <summary>Compares one line. Returns false at the first difference.</summary>
    public static bool Verify(RecordedLine line, Comparison comparison)
    {
        comparison.Step = 0;
        ulong seed = line.Seed("seed");
        Pcg64State state = new Pcg64(seed).State;
        var words = new uint[8];
        new SeedSequence(seed).GenerateState(words);
        return Texts(line, "state", [state.State], comparison)
            && Texts(line, "inc", [state.Increment], comparison)
            && Texts(line, "seed_sequence_uint32_8", words.Select(x => (UInt128)x), comparison)
            && Texts(line, "raw_uint64", Draw(new Pcg64(seed), x => (UInt128)x.NextUInt64()), comparison)
            && Numbers(line, "random", Draw(new Pcg64(seed), x => x.NextDouble()), comparison)
            && Numbers(line, "uniform_m005_005", Draw(new Pcg64(seed), x => x.NextUniform(-0.05, 0.05)), comparison)
            && Numbers(line, "integers_0_4", Draw(new Pcg64(seed), x => (double)x.NextInt(4)), comparison)
            && Numbers(line, "random_f32", Draw(new Pcg64(seed), x => (double)x.NextSingle()), comparison);
    }

    private static IEnumerable<T> Draw<T>(Pcg64 stream, Func<Pcg64, T> next)
    {
        while (true)
        {
            yield return next(stream);
        }
    }

    // Integers of up to 128 bits, recorded as strings or numbers.
    private static bool Texts(RecordedLine line, string field, IEnumerable<UInt128> got, Comparison comparison)
    {
        if (!line.Has(field))
        {
            return true;
        }

        JsonElement value = line.Required(field);
        JsonElement[] expected = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        foreach ((int index, (JsonElement recorded, UInt128 number)) in expected.Zip(got).Index())
        {
            string text = recorded.ValueKind == JsonValueKind.String ? recorded.GetString()! : recorded.GetRawText();
            string own = number.ToString(CultureInfo.InvariantCulture);
            if (text != own)
            {
                return comparison.Fail($"{field}[{index}]", text, own);
            }

            comparison.Steps++;
        }

        return true;
    }

    private static bool Numbers(RecordedLine line, string field, IEnumerable<double> got, Comparison comparison)
    {
        if (!line.Has(field))
        {
            return true;
        }

        foreach ((int index, (double recorded, double number)) in line.Numbers(field).Zip(got).Index())
        {
            if (!comparison.Number($"{field}[{index}]", recorded, number))
            {
                return false;
            }

            comparison.Steps++;
        }

        return true;
    }
}
