using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>
/// Trains presets once per seed, each time in a new process as a user would, and evaluates the last and the best network on episodes that the
/// training never saw.
/// </summary>
/// <param name="presets">Names of presets or JSON files of options.</param>
/// <param name="assignments">Options that are set in every training, as with <c>--set</c>.</param>
/// <param name="host">The host of every training, as with <c>--host</c>.</param>
/// <param name="seeds">The seeds.</param>
/// <param name="episodes">Episodes of an evaluation.</param>
/// <param name="jobs">Trainings at the same time.</param>
/// <param name="folder">Where results are kept, so that a later call repeats none of them; null for a temporary folder.</param>
/// <param name="log">Receives a line for each training.</param>
internal sealed class SolveBench(
    IReadOnlyList<string> presets,
    IReadOnlyList<string> assignments,
    string host,
    IReadOnlyList<long> seeds,
    int episodes,
    int jobs,
    string? folder,
    TextWriter log)
{
    private const string Header = """
        | preset | seeds | steps | last network, IQM (95 %) | worst | best network, IQM | worst | stays solved | solved | steps to solve | seconds |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |

        """;

    /// <summary>Measures, and writes <c>results.md</c> into the folder.</summary>
    /// <exception cref="KreweException">A training failed, or the folder holds results of other options.</exception>
    public IEnumerable<BenchRow> Run()
    {
        if (presets.GroupBy(Path.GetFileNameWithoutExtension).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidOptionException($"--preset {string.Join(", ", twice)}: the results are named after the presets, expected different names");
        }

        string root = folder ?? Directory.CreateTempSubdirectory("krewe-bench-").FullName;
        try
        {
            var table = new StringBuilder(Header);
            foreach (string preset in presets)
            {
                SolveCell[] cells = Measure(preset, root);
                table.Append(Line(preset, cells));
                foreach (BenchRow row in Rows(preset, cells))
                {
                    yield return row;
                }

                File.WriteAllText(Path.Combine(root, "results.md"), table.ToString());
            }
        }
        finally
        {
            if (folder is null)
            {
                Directory.Delete(root, recursive: true);
            }
        }
    }

    private static IEnumerable<BenchRow> Rows(string preset, SolveCell[] cells)
    {
        string name = Path.GetFileNameWithoutExtension(preset);
        yield return Row("last network, interquartile mean of the seeds", cells.Select(cell => cell.Last), SeedStatistics.InterquartileMean, "return");
        yield return Row("best network, interquartile mean of the seeds", cells.Select(cell => cell.Best), SeedStatistics.InterquartileMean, "return");
        if (cells.Any(cell => cell.Training.SolvedAtStep is not null))
        {
            yield return Row("seconds until solved, median", ToSolve(cells, training => training.SolvedAtS), SeedStatistics.Median, "s");
            yield return Row("steps until solved, median", ToSolve(cells, training => training.SolvedAtStep), SeedStatistics.Median, "steps");
        }

        if (cells.Any(cell => cell.AfterSolved > 0))
        {
            yield return Row(
                "share of later evaluations that stay solved",
                cells.Where(cell => cell.AfterSolved > 0).Select(cell => (double)cell.StayedSolved / cell.AfterSolved),
                _ => Stays(cells),
                "share");
        }

        BenchRow Row(string what, IEnumerable<double> values, Func<double[], double> statistic, string unit)
        {
            double[] all = [.. values];
            return new BenchRow("solve", $"{name}: {what}", statistic(all), unit, all.Min(), all.Max(), Goal: null);
        }
    }

    private static string Line(string preset, SolveCell[] cells)
    {
        double[] last = [.. cells.Select(cell => cell.Last)];
        double[] best = [.. cells.Select(cell => cell.Best)];
        (double low, double high) = SeedStatistics.Interval(last);
        string stays = cells.All(cell => cell.AfterSolved == 0) ? "" : Text($"{Stays(cells):F3}");
        int solved = cells.Count(cell => cell.Training.SolvedAtStep is not null);
        string toSolve = solved == 0 ? "" : Text($"{SeedStatistics.Median(ToSolve(cells, training => training.SolvedAtStep)):N0}");
        string seconds = solved == 0 ? "" : Text($"{SeedStatistics.Median(ToSolve(cells, training => training.SolvedAtS)):F2} of ");
        return Text(
            $"| {Path.GetFileNameWithoutExtension(preset)} | {cells.Length} | {cells.Max(cell => cell.Training.EnvSteps):N0} | {Return(SeedStatistics.InterquartileMean(last))} ({Return(low)} to {Return(high)}) | {Return(last.Min())} | {Return(SeedStatistics.InterquartileMean(best))} | {Return(best.Min())} | {stays} | {solved} | {toSolve} | {seconds}{SeedStatistics.Median(cells.Select(cell => cell.Training.WallS)):F2} |\n");
    }

    private static string Return(double value) => value.ToString(Math.Abs(value) < 2 ? "F4" : "F2", CultureInfo.InvariantCulture);

    /// <summary>What each training took until it was solved; infinity if it was not.</summary>
    private static IEnumerable<double> ToSolve(SolveCell[] cells, Func<TrainReport, double?> value) => cells.Select(cell => value(cell.Training) ?? double.PositiveInfinity);

    /// <summary>The share of evaluations after the first solved one that are solved too, of all seeds together.</summary>
    private static double Stays(SolveCell[] cells) => (double)cells.Sum(cell => cell.StayedSolved) / cells.Sum(cell => cell.AfterSolved);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private SolveCell[] Measure(string preset, string root)
    {
        string[] arguments = ["--preset", preset, .. assignments.SelectMany(assignment => new[] { "--set", assignment })];
        OptionBinder binder = Preset.LoadFor(environmentId: null, [preset]);
        TrainingOptions options = assignments.Aggregate(binder, (bound, assignment) => bound.ApplyAssignment(assignment)).Bind();
        var cells = new SolveCell[seeds.Count];
        try
        {
            Parallel.For(0, cells.Length, new ParallelOptions { MaxDegreeOfParallelism = jobs }, Train);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return cells;

        void Train(int i)
        {
            string seed = seeds[i].ToString(CultureInfo.InvariantCulture);
            string run = Path.Combine(root, Path.GetFileNameWithoutExtension(preset), seed);
            string file = run + ".json";
            if (File.Exists(file))
            {
                cells[i] = Kept(file, options);
                return;
            }

            SolveCell cell = cells[i] = SolveCell.Measure(arguments, options, host, seed, episodes, run);
            string written = file + CheckpointFolder.WritingSuffix;
            File.WriteAllText(written, JsonSerializer.Serialize(cell, CommonOptions.Json));
            File.Move(written, file);
            log.WriteLine(Text(
                $"{preset} seed {seed}: last network {cell.Last:0.0##}, best {cell.Best:0.0##}, {(cell.Training.SolvedAtStep is { } step ? Text($"solved at {step:N0} steps, {cell.Training.SolvedAtS:F2} s") : "not solved")}, {cell.StayedSolved} of {cell.AfterSolved} stayed, {cell.Training.WallS:F2} s"));
        }
    }

    private SolveCell Kept(string file, TrainingOptions options)
    {
        SolveCell? cell;
        try
        {
            cell = JsonSerializer.Deserialize<SolveCell>(File.ReadAllText(file), CommonOptions.Json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataFormatException($"{file}: is no result of this suite: {e.Message}", e);
        }

        return cell?.IsOf(options, host, episodes) == true
            ? cell
            : throw new InvalidOptionException($"--out: {file} is the result of other options, another host or another version; choose another folder, or delete it");
    }
}
