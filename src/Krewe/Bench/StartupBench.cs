using System.Diagnostics;
using System.Globalization;
using Krewe.Cluster;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>Start-up times: processes from start to exit, or until a silo is ready.</summary>
internal static class StartupBench
{
    private const int Runs = 7;

    public static IEnumerable<BenchRow> Run()
    {
        string folder = Directory.CreateTempSubdirectory("krewe-bench-").FullName;
        try
        {
            yield return Row("krewe --version", run => ThisProgram.Run("--version"));
            yield return Row("krewe train CartPole-v1 --until-solved", run => ThisProgram.Run("train", "CartPole-v1", "--until-solved", "--seed", run, "--out", Path.Combine(folder, run)));
            yield return Row("krewe serve, until the silo is ready", run => Serve(Path.Combine(folder, "silo")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The first run, which reads the program from disk, is discarded.
    private static BenchRow Row(string name, Action<string> run)
    {
        var seconds = new double[Runs];
        for (int i = -1; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run((i + 1).ToString(CultureInfo.InvariantCulture));
            seconds[Math.Max(i, 0)] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        Array.Sort(seconds);
        return Measurement.Row("startup", name, seconds, "s", goal: null, lowerIsBetter: true);
    }

    private static void Serve(string folder)
    {
        using Process process = Process.Start(ThisProgram.Command(
            "serve", "--silo-port", FreePort(), "--gateway-port", FreePort(), "--health-port", "-1", "--data", folder, "--log", "warning"))!;
        try
        {
            // The line that announces that the silo is serving.
            if (process.StandardOutput.ReadLine() is null)
            {
                throw new KreweException($"krewe serve: ended before it was ready");
            }
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private static string FreePort() => SiloPorts.Free().ToString(CultureInfo.InvariantCulture);
}
