using System.Runtime.CompilerServices;

namespace Krewe.Tests;

/// <summary>A test that requires Unix.</summary>
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "requires Unix signals or devices";
        }
    }
}
