namespace Krewe.Runtime;

/// <summary>
/// The threads of a run that call environments of the user's: once the run shall stop they are waited for, but one that does not come
/// back from an environment is left behind, as a background thread that does nothing more when it returns.
/// </summary>
/// <param name="stop">The run's stop.</param>
/// <param name="timeout">How long an environment has to return after the stop was requested.</param>
/// <param name="hangs">Which environment a thread is in; null when none is in any.</param>
/// <param name="warn">Told what was left behind.</param>
internal sealed class RunThreads(RunStop stop, TimeSpan timeout, Func<string?> hangs, Action<string> warn)
{
    /// <summary>Starts a thread; its failure stops the run.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="body">What it does.</param>
    /// <returns>Complete when the thread has ended; never faulted.</returns>
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
    /// <param name="threads">Complete when the threads have ended.</param>
    /// <returns>Whether all have; if not, they were left behind in an environment.</returns>
    public bool Join(params Task[] threads)
    {
        while (!stop.Wait(threads, timeout))
        {
            if (hangs() is { } place)
            {
                warn($"left behind after {timeout.TotalSeconds:0.#} s: {place}");
                return false;
            }
        }

        return true;
    }
}
