using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>Prints results as they arrive, after a line that describes the machine.</summary>
public static class BenchTable
{
    // A seed that is never solved takes infinitely long.
    private static readonly JsonSerializerOptions Json = new(CommonOptions.Json) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Prints rows.</summary>
    /// <param name="rows">The rows; measured while they are enumerated.</param>
    /// <param name="json">Whether standard output is reserved for one JSON object at the end; the table then goes to standard error.</param>
    public static void Print(IEnumerable<BenchRow> rows, bool json)
    {
        TextWriter text = json ? Console.Error : Console.Out;
        text.WriteLine(MachineDescription.Current);
        List<BenchRow> all = [];
        foreach (BenchRow row in rows)
        {
            all.Add(row);
            text.WriteLine(Line(row));
        }

        if (json)
        {
            Console.Out.WriteLine(
                JsonSerializer.Serialize(new { Machine = MachineDescription.Current, Version = KreweVersion.Current, Rows = all }, Json));
        }
    }

    private static string Line(BenchRow row)
    {
        string goal = row.Goal is { } value ? $"goal {Number(value)}: {(row.Reached == true ? "reached" : "missed")}" : "";
        return $"{row.Suite,-9} {row.Name,-78} {Number(row.Value),14} {row.Unit,-17} ({Number(row.Low)} to {Number(row.High)})  {goal}";
    }

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 1000 ? "N0" : "0.###", CultureInfo.InvariantCulture);
}
