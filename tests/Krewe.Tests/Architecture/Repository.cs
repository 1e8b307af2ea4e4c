namespace Krewe.Tests;

/// <summary>The repository that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Source { get; } = Path.Combine(Root, "src");

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Krewe.slnx")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Krewe.slnx above {AppContext.BaseDirectory}");
    }
}
