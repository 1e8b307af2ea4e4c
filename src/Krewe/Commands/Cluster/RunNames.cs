using System.Globalization;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>Ids of runs that were given none.</summary>
internal static class RunNames
{
    /// <summary>Environment, time and seed.</summary>
    public static string New(TrainingOptions options)
    {
        string environment = string.Concat(options.Environment.Id.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"{environment}-{DateTime.UtcNow:yyyyMMdd-HHmmss}-seed{options.Run.Seed}");
    }
}
