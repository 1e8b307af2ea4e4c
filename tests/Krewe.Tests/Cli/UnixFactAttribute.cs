namespace Krewe.Tests.Cli;

/// <summary>A test that sends signals.</summary>
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "sends signals with kill";
        }
    }
}
