using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster.Tests;

/// <summary>The most recent log lines of the silos, for the message of a failing test.</summary>
internal sealed class ClusterLog : ILoggerProvider
{
    private const int Most = 60;
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(ClusterLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            log._lines.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {category}: {formatter(state, exception)} {exception}");
            while (log._lines.Count > Most)
            {
                log._lines.TryDequeue(out _);
            }
        }
    }
}
