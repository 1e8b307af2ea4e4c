using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Krewe.Cli;

/// <summary>Describes the machine that results were measured on.</summary>
public static class MachineDescription
{
    /// <summary>Processor, cores, vectors, runtime and system of this machine.</summary>
    public static string Current =>
        $"{Cpu()}, {System.Environment.ProcessorCount} cores, {Simd()}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}";

    private static string Simd() =>
        Vector512.IsHardwareAccelerated ? "512-bit vectors" : Vector256.IsHardwareAccelerated ? "256-bit vectors" : "no wide vectors";

    private static string Cpu()
    {
        const string Info = "/proc/cpuinfo";
        string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
