using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Krewe.Learner;

/// <summary>
/// The caller's thread and others, which work on the parts of a task together. A thread that has just finished spins for the next task,
/// which then reaches it within a microsecond; after <see cref="SpinTime"/> it sleeps, and waking it takes some ten microseconds. A thread
/// that has not begun its part when the caller is done with its own, because its processor is busy, loses the part to the caller. The
/// other threads start with the first divided task. Not thread-safe. Allocates nothing once they run.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    /// <summary>Longer than a learner is between two updates while it does not wait for experience.</summary>
    private static readonly TimeSpan SpinTime = TimeSpan.FromMicroseconds(50);

    private readonly Member[] _others;
    private readonly Signal _finished;
    private Action<int> _work = _ => { };
    private ExceptionDispatchInfo? _fault;
    private long _tasks;
    private int _pending;
    private bool _isDisposed;

    /// <summary>Creates a team; no thread starts.</summary>
    /// <param name="size">Number of threads, the caller's included.</param>
    public ThreadTeam(int size)
    {
        // Spinning on a processor that another member needs would only delay it.
        long spin = size > Environment.ProcessorCount ? 0 : (long)(SpinTime.TotalSeconds * Stopwatch.Frequency);
        _finished = new Signal(spin);
        _others = [.. Enumerable.Range(1, size - 1).Select(part => new Member(this, part, new Signal(spin)))];
    }

    /// <summary>Number of threads, the caller's included.</summary>
    public int Size => _others.Length + 1;

    /// <summary>Runs a task and returns when all its parts have ended. The caller runs part 0; any thread may run another.</summary>
    /// <param name="parts">Number of parts, 1 to <see cref="Size"/>.</param>
    /// <param name="work">Runs one part, given its number. Parts must not touch each other's memory.</param>
    /// <exception cref="Exception">What a part threw; of several parts, that of the lowest number.</exception>
    public void Run(int parts, Action<int> work)
    {
        if (parts == 1)
        {
            work(0);
            return;
        }

        ObjectDisposedException.ThrowIf(_isDisposed, this);
        // Before a part begins: a thread that cannot start must leave none that still uses the caller's memory.
        for (int i = 0; i < parts - 1; i++)
        {
            _others[i].Start();
        }

        _work = work;
        _pending = parts - 1;
        _tasks++;
        for (int i = 0; i < parts - 1; i++)
        {
            _others[i].Begin();
        }

        try
        {
            work(0);
        }
        catch (Exception e)
        {
            _fault = ExceptionDispatchInfo.Capture(e);
        }

        // Also after a failure: the parts use what the caller may dispose next.
        for (int i = parts - 2; i >= 0; i--)
        {
            _others[i].RunUnlessBegun();
        }

        _finished.WaitBeyond(_tasks - 1);
        for (int i = 0; i < parts - 1; i++)
        {
            _fault ??= _others[i].Fault;
            _others[i].Fault = null;
        }

        if (_fault is { } fault)
        {
            _fault = null;
            fault.Throw();
        }
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (Member member in _others)
        {
            member.End();
        }
    }

    /// <summary>A thread of the team that is not the caller's, and its part.</summary>
    private sealed class Member(ThreadTeam team, int part, Signal signal)
    {
        private Thread? _thread;
        private long _begun;
        private long _claimed;

        /// <summary>What its part of the last task threw.</summary>
        public ExceptionDispatchInfo? Fault { get; set; }

        public void Begin()
        {
            signal.Set(++_begun);
        }

        /// <summary>Starts the thread unless it runs.</summary>
        public void Start()
        {
            if (_thread is null)
            {
                var thread = new Thread(Work) { IsBackground = true, Name = $"krewe-learner-{part}" };
                thread.Start();
                _thread = thread;
            }
        }

        /// <summary>Runs the part on the calling thread if its own has not begun it.</summary>
        public void RunUnlessBegun()
        {
            if (Claim(_begun))
            {
                Run();
            }
        }

        public void End()
        {
            signal.Set(++_begun);
            _thread?.Join();
        }

        private void Work()
        {
            for (long task = signal.WaitBeyond(0); !team._isDisposed; task = signal.WaitBeyond(task))
            {
                if (Claim(task))
                {
                    Run();
                }
            }
        }

        /// <summary>
        /// Whether the calling thread is the one to run the part of a task. A task ends only when its parts have run, so the task before it
        /// has been claimed, and a claim that comes too late fails.
        /// </summary>
        private bool Claim(long task) => Interlocked.CompareExchange(ref _claimed, task, task - 1) == task - 1;

        private void Run()
        {
            try
            {
                team._work(part);
            }
            catch (Exception e)
            {
                Fault = ExceptionDispatchInfo.Capture(e);
            }

            if (Interlocked.Decrement(ref team._pending) == 0)
            {
                team._finished.Set(team._tasks);
            }
        }
    }

    /// <summary>A number that one thread at a time raises and another one waits for.</summary>
    /// <param name="spin">How long to spin before sleeping, in ticks of <see cref="Stopwatch"/>.</param>
    private sealed class Signal(long spin)
    {
        // Reading the clock takes as long as a few dozen checks.
        private const int ChecksPerClock = 32;

        private readonly object _monitor = new();
        private long _value;
        private bool _sleeps;

        public void Set(long value)
        {
            Volatile.Write(ref _value, value);

            // The waiting thread writes _sleeps before it reads _value for the last time: with a barrier on both sides, one sees the other.
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _sleeps))
            {
                lock (_monitor)
                {
                    Monitor.Pulse(_monitor);
                }
            }
        }

        /// <summary>Waits until the number is above another, and returns it.</summary>
        public long WaitBeyond(long value)
        {
            if (!Spin(value))
            {
                Sleep(value);
            }

            return Volatile.Read(ref _value);
        }

        private bool Spin(long value)
        {
            long end = 0;
            for (int check = 0; Volatile.Read(ref _value) <= value; check++)
            {
                if (check % ChecksPerClock == 0)
                {
                    long now = Stopwatch.GetTimestamp();
                    end = check == 0 ? now + spin : end;
                    if (now >= end)
                    {
                        return false;
                    }
                }

                Thread.SpinWait(1);
            }

            return true;
        }

        private void Sleep(long value)
        {
            lock (_monitor)
            {
                Volatile.Write(ref _sleeps, true);
                Interlocked.MemoryBarrier();
                while (Volatile.Read(ref _value) <= value)
                {
                    Monitor.Wait(_monitor);
                }

                Volatile.Write(ref _sleeps, false);
            }
        }
    }
}
