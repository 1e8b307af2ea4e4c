using System.Text.RegularExpressions;

namespace Krewe.Contracts.Grains;

/// <summary>Validates run ids, which also name the run's folder.</summary>
public static partial class RunIds
{
    /// <summary>Whether a text is a valid id.</summary>
    /// <param name="text">The text.</param>
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    /// <summary>Throws if a text is not a valid id.</summary>
    /// <param name="source">Name of the setting, for the message: <c>--run-id</c>.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="InvalidOptionException">It is not a valid id.</exception>
    public static string Check(string source, string text) => IsValid(text)
        ? text
        : throw new InvalidOptionException($"{source} '{text}': expected 1 to 100 letters, digits, '.', '-' or '_', beginning with a letter or digit");

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex Pattern();
}
