using System.Text.Json;

namespace Krewe.Environments;

/// <summary>Compares a recorded table <c>P[s][a]</c> and its initial distribution with an environment's, outcome by outcome, exactly.</summary>
internal static class TransitionTableVerifier
{
    /// <summary>Compares one table. Returns false at the first difference.</summary>
    public static bool Verify(RecordedLine line, RecordedEnvironment environment, Comparison comparison)
    {
        comparison.Step = 0;
        if (environment.Tabular is not { } tabular)
        {
            throw line.Error($"{environment.Id} has no transition table, expected a TabularEnvironment");
        }

        TransitionTable table = tabular.Table;
        if ((line.Has("nS") && !comparison.Number("nS", line.Number("nS"), table.States))
            || (line.Has("nA") && !comparison.Number("nA", line.Number("nA"), table.Actions)))
        {
            return false;
        }

        if (line.Has("initial_state_distrib"))
        {
            double[] initial = line.Numbers("initial_state_distrib", table.States);
            for (int s = 0; s < initial.Length; s++)
            {
                if (!comparison.Number($"initial_state_distrib[{s}]", initial[s], table.Initial[s]))
                {
                    return false;
                }
            }
        }

        JsonElement[] states = line.List("P", Indexed(line.Required("P"), table.States), table.States);
        for (int s = 0; s < states.Length; s++)
        {
            JsonElement[] actions = line.List($"P[{s}]", Indexed(states[s], table.Actions), table.Actions);
            for (int a = 0; a < actions.Length; a++)
            {
                if (!Compare(line, $"P[{s}][{a}]", actions[a], table[s, a], comparison))
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Python's nested dictionaries become JSON objects with the indices as keys, instead of lists.
    private static JsonElement Indexed(JsonElement value, int count) => value.ValueKind != JsonValueKind.Object
        ? value
        : JsonSerializer.SerializeToElement(Enumerable.Range(0, count)
            .Select(i => value.TryGetProperty(i.ToString(System.Globalization.CultureInfo.InvariantCulture), out JsonElement item) ? item : default)
            .Where(x => x.ValueKind != JsonValueKind.Undefined));

    private static bool Compare(
        RecordedLine line, string name, JsonElement recorded, ReadOnlySpan<Transition> outcomes, Comparison comparison)
    {
        JsonElement[] expected = line.List(name, recorded);
        if (!comparison.Number($"{name}: number of outcomes", expected.Length, outcomes.Length))
        {
            return false;
        }

        for (int i = 0; i < expected.Length; i++)
        {
            string place = $"{name}[{i}]";
            JsonElement[] outcome = line.List(place, expected[i], 4);
            if (outcome[..3].Any(x => x.ValueKind != JsonValueKind.Number) || outcome[3].ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                throw line.Error($"{place} is {expected[i].GetRawText()}, expected [probability, next state, reward, terminated]");
            }

            if (!comparison.Number($"{place} probability", outcome[0].GetDouble(), outcomes[i].Probability)
                || !comparison.Number($"{place} next state", outcome[1].GetDouble(), outcomes[i].NextState)
                || !comparison.Number($"{place} reward", outcome[2].GetDouble(), outcomes[i].Reward)
                || !comparison.Flag($"{place} terminated", outcome[3].GetBoolean(), outcomes[i].Terminated))
            {
                return false;
            }

            comparison.Steps++;
        }

        return true;
    }
}
