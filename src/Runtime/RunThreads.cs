namespace Krewe.Runtime;

/// <summary>
/// The threads of a run that call user-defined environments. When the run stops, the host waits for them. A thread that does not return
/// from an environment in time is abandoned: it is a background thread and does nothing more if it returns.
/// </summary>
/// <param name="stop">The run's stop.</param>
/// <param name="timeout">How long an environment has to return after a stop was requested.</param>
/// <param name="hangs">Describes the environment that a thread is in; null if no thread is in one.</param>
/// <param name="warn">Called with a warning about an abandoned thread.</param>
public sealed class RunThreads(RunStop stop, TimeSpan timeout, Func<string?> hangs, Action<string> warn)
{
    // A slow environment is not a hanging one: its thread ends behind the step that it is in.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <summary>The default of how long an environment has to return after a stop was requested.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Starts a thread; its failure stops the run.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="body">The work.</param>
    /// <returns>Completes when the thread has ended; never faulted.</returns>
    public Task Start(string name, Action body)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            stop.Guard(body);
            ended.SetResult();
        })
        { Name = name, IsBackground = true };
        thread.Start();
        return ended.Task;
    }

    /// <summary>Waits for threads to end.</summary>
    /// <param name="threads">Tasks that complete when the threads have ended.</param>
    /// <returns>Whether all have ended; if not, the others were abandoned in an environment.</returns>
    public bool Join(params Task[] threads)
    {
        while (!stop.Wait(threads, timeout))
        {
            if (hangs() is null)
            {
                continue;
            }

            // A thread that returns just now either sees this, or will end by itself.
            stop.Abandon();
            if (Task.WaitAll(threads, Moment))
            {
                return true;
            }

            if (hangs() is { } place)
            {
                warn($"abandoned after {timeout.TotalSeconds:0.#} s: {place}");
                return false;
            }
        }

        return true;
    }
}
