using System.Globalization;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.ProcessTests;

/// <summary>Polls a run and records every decrease of a figure that must not decrease.</summary>
internal sealed class RunWatch : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly TestRun _run;
    private readonly CancellationTokenSource _ended = new();
    private readonly List<string> _violations = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<long, long> _updates = [];
    private readonly Dictionary<long, long> _stepsOf = [];
    private readonly Dictionary<string, long> _acting = [];
    private Task _watching = Task.CompletedTask;
    private long _steps;
    private long _published = -1;

    private RunWatch(TestRun run) => _run = run;

    /// <summary>The largest number of environment steps in any status.</summary>
    public long Steps => Volatile.Read(ref _steps);

    public static RunWatch Start(TestRun run)
    {
        var watch = new RunWatch(run);
        watch._watching = Task.Run(watch.Look);
        return watch;
    }

    /// <summary>Fails if such a figure has decreased.</summary>
    public void AssertNothingDecreased()
    {
        lock (_lock)
        {
            Assert.True(_violations.Count == 0, string.Join('\n', _violations));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task Look()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                // A run that waits for a role may not have reports from all of its parts yet.
                RunStatus status = await _run.Status();
                if (TestRun.IsWhole(status))
                {
                    Check(status);
                }
            }
            catch (Exception) when (!_ended.IsCancellationRequested)
            {
                // The run's silo is being replaced.
            }

            await Task.Delay(Period, _ended.Token);
        }
    }

    private void Check(RunStatus status)
    {
        // Steps that a lost actor silo had not reported yet and only a lost learner had counted are lost with both. Steps never decrease
        // while a learner lives, and after its loss they never fall below its checkpoint, which the tests check.
        long steps = _stepsOf.GetValueOrDefault(status.LearnerEpoch);
        Forward($"the environment steps of learner {status.LearnerEpoch}", ref steps, status.Figures.EnvironmentSteps);
        _stepsOf[status.LearnerEpoch] = steps;
        Volatile.Write(ref _steps, Math.Max(_steps, steps));
        Forward("the policy version", ref _published, status.Figures.PolicyVersion);

        // Per silo: one that reports to a run for the first time may act with an older version than another.
        foreach ((string silo, long version) in status.ActingVersions)
        {
            long acting = _acting.GetValueOrDefault(silo, -1);
            Forward($"the version that acts on {silo}", ref acting, version);
            _acting[silo] = acting;
        }

        // Updates return to a checkpoint when a learner is lost, but never decrease while it lives.
        long updates = _updates.GetValueOrDefault(status.LearnerEpoch);
        Forward($"the updates of learner {status.LearnerEpoch}", ref updates, status.Figures.Updates);
        _updates[status.LearnerEpoch] = updates;
    }

    private void Forward(string what, ref long before, long now)
    {
        if (now < before)
        {
            lock (_lock)
            {
                _violations.Add(string.Create(CultureInfo.InvariantCulture, $"{what} decreased from {before} to {now}"));
            }
        }

        Volatile.Write(ref before, Math.Max(before, now));
    }
}
