using System.Diagnostics;

namespace Krewe.Cluster.ProcessTests;

/// <summary>Waits for a state, for a bounded time; says which phase it was that did not come.</summary>
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
                // A cluster that is losing a silo does not answer every call.
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
