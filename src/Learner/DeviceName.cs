using System.Globalization;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>The values of <see cref="LearnerOptions.Device"/>.</summary>
public static class DeviceName
{
    /// <summary>The CPU.</summary>
    public const string Cpu = "cpu";

    /// <summary>The first GPU.</summary>
    public const string Cuda = "cuda";

    /// <summary>A GPU if there is one, else the CPU.</summary>
    public const string Auto = "auto";

    /// <summary>Checks that a name is a device's.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidOptionException">It is not.</exception>
    public static void Check(string name)
    {
        if (name is not (Cpu or Cuda or Auto) && TryIndex(name) is null)
        {
            throw new InvalidOptionException(
                $"learner.device is '{name}', expected cpu, cuda, cuda:N or auto{NearestName.Suggestion(name, [Cpu, Cuda, Auto])}");
        }
    }

    /// <summary>N of <c>cuda:N</c>, 0 for every other name.</summary>
    /// <param name="name">A device's name.</param>
    public static int IndexOf(string name) => TryIndex(name) ?? 0;

    private static int? TryIndex(string name) =>
        name.StartsWith("cuda:", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < 64
            ? index
            : null;
}
