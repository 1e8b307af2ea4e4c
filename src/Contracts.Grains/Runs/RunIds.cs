using System.Text.RegularExpressions;

namespace Krewe.Contracts.Grains;

/// <summary>What may be the id of a run: it names the run's folder too.</summary>
public static partial class RunIds
{
    /// <summary>Whether a text may be an id.</summary>
    /// <param name="text">The text.</param>
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    /// <summary>Refuses a text that cannot be an id.</summary>
    /// <param name="source">Where the text comes from, for the message: <c>--run-id</c>.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="InvalidOptionException">It is none.</exception>
    public static string Check(string source, string text) => IsValid(text)
        ? text
        : throw new InvalidOptionException($"{source} '{text}': expected 1 to 100 letters, digits, '.', '-' or '_', beginning with a letter or digit");

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex Pattern();
}
