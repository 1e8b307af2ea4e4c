using System.Globalization;
using System.Text.Json;
using Krewe.Cluster;
using Krewe.Contracts.Grains;

namespace Krewe.Cli;

/// <summary><c>krewe list</c>: the runs of a cluster.</summary>
internal static class RunList
{
    /// <summary>Asks every run for its status.</summary>
    /// <returns>The statuses, oldest run first.</returns>
    public static async Task<IReadOnlyList<RunStatus>> Fetch(IGrainFactory grains)
    {
        string[] ids = await grains.GetGrain<IRunIndexGrain>(0).List();
        RunStatus?[] statuses = await Task.WhenAll(ids.Select(id => Status(grains, id)));
        return [.. statuses.OfType<RunStatus>()];
    }

    // A run that cannot be read must not hide the others.
    private static async Task<RunStatus?> Status(IGrainFactory grains, string id)
    {
        try
        {
            return await grains.GetGrain<ITrainingRunGrain>(id).GetStatus(int.MaxValue);
        }
        catch (Exception e)
        {
            CommonOptions.Warn($"run {id}: its status cannot be read: {SiloText.Of(e)}");
            return null;
        }
    }

    /// <summary>Formats a table.</summary>
    public static string Text(IReadOnlyList<RunStatus> runs)
    {
        if (runs.Count == 0)
        {
            return "no runs";
        }

        string[][] rows =
        [
            ["RUN", "STATE", "ENVIRONMENT", "STEPS", "BEST"],
            .. runs.Select(run => new[]
            {
                run.RunId,
                SiloText.Of(run.State),
                run.EnvironmentId,
                string.Create(CultureInfo.InvariantCulture, $"{run.Figures.EnvironmentSteps:N0} / {run.Figures.StepBudget:N0}"),
                run.Figures.BestMean?.ToString("0.0##", CultureInfo.InvariantCulture) ?? "none",
            }),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }

    /// <summary>Formats JSON.</summary>
    public static string Json(IReadOnlyList<RunStatus> runs) => JsonSerializer.Serialize(
        new { Runs = runs.Select(run => StatusJson.Of(run)).ToArray() }, CommonOptions.Json);
}
