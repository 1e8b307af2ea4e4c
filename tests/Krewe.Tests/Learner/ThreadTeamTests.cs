using Krewe.Learner;

namespace Krewe.Tests;

public class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Each_part_of_each_task_runs_once_and_the_caller_s_is_the_first(int size)
    {
        using var team = new ThreadTeam(size);
        var random = new Random(size);
        int first = 0;
        for (int task = 0; task < 5_000; task++)
        {
            int parts = random.Next(1, size + 1);
            var runs = new int[size];
            team.Run(parts, part =>
            {
                runs[part]++;
                if (part == 0)
                {
                    first = Environment.CurrentManagedThreadId;
                }
            });
            Assert.All(runs, (count, part) => Assert.Equal(part < parts ? 1 : 0, count));
            Assert.Equal(Environment.CurrentManagedThreadId, first);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Parts_run_at_the_same_time(int size)
    {
        using var team = new ThreadTeam(size);
        for (int task = 0; task < 100; task++)
        {
            // Each waits for all others.
            using var all = new Barrier(size);
            team.Run(size, _ => Assert.True(all.SignalAndWait(TimeSpan.FromSeconds(30))));
        }
    }

    [Fact]
    public void A_task_reaches_threads_that_have_gone_to_sleep()
    {
        using var team = new ThreadTeam(3);
        for (int task = 0; task < 5; task++)
        {
            foreach (Thread thread in Threads(team).Skip(1))
            {
                Assert.True(SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(30)));
            }
        }
    }

    [Fact]
    public void The_caller_sleeps_too_while_a_part_takes_long()
    {
        using var team = new ThreadTeam(2);
        Thread caller = Thread.CurrentThread;
        using var began = new ManualResetEventSlim();
        bool slept = false;
        team.Run(2, part =>
        {
            if (Thread.CurrentThread == caller)
            {
                began.Wait(TimeSpan.FromSeconds(30));
            }
            else
            {
                began.Set();
                slept = SpinWait.SpinUntil(() => caller.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(30));
            }
        });
        Assert.True(slept);
    }

    [Theory]
    [InlineData(new[] { 0 }, 0)]
    [InlineData(new[] { 2 }, 2)]
    [InlineData(new[] { 2, 1 }, 1)]
    [InlineData(new[] { 3, 0 }, 0)]
    public void A_failure_reaches_the_caller_when_all_parts_have_ended_and_the_next_task_runs(int[] failing, int first)
    {
        using var team = new ThreadTeam(4);
        for (int round = 0; round < 50; round++)
        {
            int ended = 0;
            var fault = Assert.Throws<InvalidOperationException>(() => team.Run(4, part =>
            {
                Interlocked.Increment(ref ended);
                if (failing.Contains(part))
                {
                    throw new InvalidOperationException($"part {part}");
                }
            }));
            Assert.Equal(($"part {first}", 4), (fault.Message, ended));
            int runs = 0;
            team.Run(4, _ => Interlocked.Increment(ref runs));
            Assert.Equal(4, runs);
        }
    }

    [Fact]
    public void Disposing_ends_the_threads()
    {
        var team = new ThreadTeam(3);
        Thread[] threads = Threads(team);
        Assert.True(threads[1].IsAlive && threads[2].IsAlive);
        team.Dispose();
        Assert.False(threads[1].IsAlive || threads[2].IsAlive);
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => team.Run(2, _ => { }));
    }

    [Fact]
    public void A_team_that_had_nothing_to_divide_starts_no_thread_and_can_be_disposed()
    {
        var team = new ThreadTeam(1_024);
        int caller = 0;
        team.Run(1, _ => caller = Environment.CurrentManagedThreadId);
        Assert.Equal(Environment.CurrentManagedThreadId, caller);
        team.Dispose();
    }

    [Fact]
    public void A_task_allocates_nothing_on_any_thread()
    {
        using var team = new ThreadTeam(3);
        Thread[] threads = Threads(team);
        var last = new Dictionary<Thread, long>(threads.Select(thread => KeyValuePair.Create(thread, -1L)));
        long allocated = 0;
        Action<int> work = _ =>
        {
            // Everything that the thread has done since its last part.
            Thread thread = Thread.CurrentThread;
            long now = GC.GetAllocatedBytesForCurrentThread();
            long before = last[thread];
            Interlocked.Add(ref allocated, before < 0 ? 0 : now - before);
            last[thread] = GC.GetAllocatedBytesForCurrentThread();
        };
        for (int task = 0; task < 5_000; task++)
        {
            team.Run(3, work);
        }

        Assert.Equal(0, allocated);
    }

    /// <summary>The team's threads, the caller's first.</summary>
    private static Thread[] Threads(ThreadTeam team)
    {
        var threads = new Thread[team.Size];
        using var all = new Barrier(team.Size);
        team.Run(team.Size, part =>
        {
            threads[part] = Thread.CurrentThread;
            Assert.True(all.SignalAndWait(TimeSpan.FromSeconds(30)));
        });
        return threads;
    }
}
