namespace Krewe.Cli;

/// <summary>A line on a terminal that counts the episodes of an evaluation and is erased at its end.</summary>
/// <param name="episodes">Episodes in all.</param>
/// <param name="text">The terminal.</param>
/// <param name="time">The clock.</param>
public sealed class EpisodeProgress(int episodes, TextWriter text, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private long _shownAt = time.GetTimestamp();
    private int _width;

    /// <summary>Shows how many episodes have ended, at most a few times a second.</summary>
    /// <param name="ended">Number of episodes.</param>
    public void Show(int ended)
    {
        if (time.GetElapsedTime(_shownAt) >= Period)
        {
            _shownAt = time.GetTimestamp();
            string line = TrainText.Format($"{ended:N0} / {episodes:N0} episodes");
            _width = line.Length;
            text.Write("\r" + line);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => text.Write(_width == 0 ? "" : $"\r{new string(' ', _width)}\r");
}
