using System.Text.Json;

namespace Krewe.Runtime;

/// <summary>
/// Writes a run's metrics file: a <see cref="MetricsLine"/> once a second, at each evaluation and at the end. A file that is there is
/// appended to. What cannot be written is left out with one warning: it does not end the run. Any thread may call.
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

    /// <summary>Makes the writer; nothing is written before <see cref="Begin"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="actors">Number of actors, at least 1.</param>
    /// <param name="progress">Where the run stands.</param>
    /// <param name="mayWrite">Asked before each line; when it says no, the line is left out.</param>
    /// <param name="time">What tells the time; null for the system's clock.</param>
    public MetricsFile(string path, int actors, Func<TrainingProgress> progress, Func<bool> mayWrite, TimeProvider? time = null)
    {
        _path = path;
        _actors = actors;
        _progress = progress;
        _mayWrite = mayWrite;
        _time = time ?? TimeProvider.System;
        _before = default;
    }

    /// <summary>Called once when a line could not be written.</summary>
    public Action<string>? Warned { get; set; }

    /// <summary>Starts to write a line a second.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _before = _progress();
            _timer = _time.CreateTimer(_ => Write(), state: null, Period, Period);
        }
    }

    /// <summary>Writes a line, unless the file has not begun or has ended.</summary>
    /// <param name="evaluation">The evaluation that the line is of; null for none.</param>
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
                    Warned?.Invoke($"{_path}: a line of the metrics could not be written, the run goes on without it: {e.Message}");
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

    /// <summary>Writes a line whole or not at all: on a full disk the half of it that found room is taken back.</summary>
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
