using System.Globalization;

namespace Krewe.Runtime;

/// <summary>Default names of runs: of the folder of a run in one process, and of the id of a run on a cluster.</summary>
public static class RunNames
{
    /// <summary>Environment, time (UTC) and seed, for example <c>CartPole-v1-20260101-120000-seed0</c>.</summary>
    /// <param name="options">The options of the run.</param>
    public static string New(TrainingOptions options)
    {
        string environment = string.Concat(options.Environment.Id.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"{environment}-{DateTime.UtcNow:yyyyMMdd-HHmmss}-seed{options.Run.Seed}");
    }
}
