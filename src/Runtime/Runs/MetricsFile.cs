using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>
/// Writes a run's metrics file: a <see cref="MetricsLine"/> once a second, at each evaluation and at the end. An existing file is appended
/// to. A line that cannot be written is dropped with one warning and does not end the run. Thread-safe.
/// </summary>
public sealed class MetricsFile : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly int _actors;
    private readonly Func<TrainingProgress> _progress;
    private readonly Func<bool> _mayWrite;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private TrainingProgress _before;
    private ITimer? _timer;
    private bool _ended;
    private bool _warned;

    /// <summary>Creates the writer; nothing is written before <see cref="Begin"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="actors">Number of actors, at least 1.</param>
    /// <param name="progress">Returns the run's progress.</param>
    /// <param name="mayWrite">Called before each line; when it returns false, the line is dropped.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public MetricsFile(string path, int actors, Func<TrainingProgress> progress, Func<bool> mayWrite, TimeProvider? time = null)
    {
        _path = path;
        _actors = actors;
        _progress = progress;
        _mayWrite = mayWrite;
        _time = time ?? TimeProvider.System;
        _before = default;
    }

    /// <summary>Raised once when a line could not be written.</summary>
    public Action<string>? Warned { get; set; }

    /// <summary>Starts writing one line per second.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _before = _progress();
            _timer = _time.CreateTimer(_ => Tick(), state: null, Period, Period);
        }
    }

    /// <summary>Writes a line, unless the file has not been started or has ended.</summary>
    /// <param name="evaluation">The evaluation to report in the line; null for none.</param>
    public void Write(EvaluationReport? evaluation = null)
    {
        lock (_lock)
        {
            if (_timer is null || _ended || !_mayWrite())
            {
                return;
            }

            TrainingProgress now = _progress();
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(MetricsLine.Of(now, _before, _actors, evaluation), RunJson.Default.MetricsLine), (byte)'\n'];
            _before = now;
            try
            {
                Append(line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (!_warned)
                {
                    _warned = true;
                    Warned?.Invoke($"{_path}: a line of the metrics could not be written; the run continues without it: {FileFault.Reason(e)}");
                }
            }
        }
    }

    /// <summary>Writes the last line.</summary>
    public void End()
    {
        lock (_lock)
        {
            Write();
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
            _timer?.Dispose();
        }
    }

    // If a line takes longer than the period, on a slow disk or while the fence waits for an answer, the next line is skipped.
    private void Tick()
    {
        if (_lock.TryEnter())
        {
            try
            {
                Write();
            }
            finally
            {
                _lock.Exit();
            }
        }
    }

    /// <summary>Writes a complete line or nothing: a partial line on a full disk is removed.</summary>
    private void Append(byte[] line)
    {
        using var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        long end = file.Seek(0, SeekOrigin.End);
        try
        {
            file.Write(line);
        }
        catch (IOException)
        {
            file.SetLength(end);
            throw;
        }
    }
}
