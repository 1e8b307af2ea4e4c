using System.Diagnostics;

namespace Krewe.Cluster.ProcessTests;

/// <summary>Waits for a state with a timeout; a failure names the phase that was not reached.</summary>
internal static class Poll
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task<TimeSpan> Until(string phase, TimeSpan limit, Func<Task<bool>> condition, Func<string>? seen = null)
    {
        long began = Stopwatch.GetTimestamp();
        Exception? last = null;
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return Stopwatch.GetElapsedTime(began);
                }

                last = null;
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                // A cluster that is losing a silo may fail calls.
                last = e;
            }

            if (Stopwatch.GetElapsedTime(began) > limit)
            {
                Assert.Fail($"{phase}: not within {limit.TotalSeconds} s{(seen is null ? "" : "; " + seen())}{(last is null ? "" : "; " + last.Message)}");
            }

            await Task.Delay(Pause);
        }
    }
}
