using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Krewe.Learner;

namespace Krewe.Torch;

/// <summary>Samples the utilization of a GPU five times a second with <c>nvidia-smi</c>. Thread-safe.</summary>
public sealed class GpuUtilization : IDisposable
{
    private readonly Process? _driver;
    private readonly Lock _lock = new();
    private double _sum;
    private int _count;

    /// <summary>Starts sampling; does nothing if the device is not a GPU.</summary>
    /// <param name="device">The resolved device: <c>cpu</c> or <c>cuda:N</c>.</param>
    public GpuUtilization(string device)
    {
        if (!device.StartsWith("cuda", StringComparison.Ordinal))
        {
            return;
        }

        var start = new ProcessStartInfo("nvidia-smi") { RedirectStandardOutput = true };
        foreach (string argument in new[]
        {
            "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "200",
            "-i", DeviceName.IndexOf(device).ToString(CultureInfo.InvariantCulture),
        })
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            _driver = Process.Start(start)!;
            _driver.OutputDataReceived += (_, line) => Add(line.Data);
            _driver.BeginOutputReadLine();
        }
        catch (Win32Exception)
        {
            // Without nvidia-smi there are no samples.
        }
    }

    /// <summary>Returns the mean utilization since the last call, in percent; null without samples.</summary>
    public double? Take()
    {
        lock (_lock)
        {
            double? mean = _count > 0 ? _sum / _count : null;
            (_sum, _count) = (0, 0);
            return mean;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_driver is { HasExited: false })
        {
            _driver.Kill();
        }

        _driver?.Dispose();
    }

    private void Add(string? line)
    {
        if (double.TryParse(line, CultureInfo.InvariantCulture, out double percent))
        {
            lock (_lock)
            {
                _sum += percent;
                _count++;
            }
        }
    }
}
