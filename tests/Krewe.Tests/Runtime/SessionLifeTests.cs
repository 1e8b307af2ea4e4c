using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>Misuse of a session throws in the caller and does not end the process.</summary>
public class SessionLifeTests
{
    [Fact]
    public void A_disposed_session_does_not_run()
    {
        var session = new TrainingSession(Sessions.Small("CartPole-v1"));
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run());
    }

    [Fact]
    public async Task A_session_runs_once()
    {
        using var session = new TrainingSession(Sessions.Small("CartPole-v1", steps: 200));
        await Sessions.Start(session);
        Assert.Throws<InvalidOperationException>(() => session.Run());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_running_session_can_neither_be_run_nor_disposed_and_continues(bool deterministic)
    {
        using var entered = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        EnvironmentRegistry registry = Sessions.With("Waiting-v0", step =>
        {
            entered.Set();
            go.Wait();
            return new StepResult(1, false, false);
        });
        var session = new TrainingSession(Sessions.Small("Waiting-v0", steps: 400, deterministic: deterministic), registry);
        Task<TrainingResult> run = Sessions.Start(session);
        Assert.True(entered.Wait(Sessions.TestTimeout));
        Assert.Throws<InvalidOperationException>(session.Dispose);
        Assert.Throws<InvalidOperationException>(() => session.Run());
        go.Set();
        Assert.Equal(400, (await run).EnvironmentSteps);
        session.Dispose();
    }

    [Fact]
    public void A_stop_requested_after_the_run_does_nothing()
    {
        var stop = new RunStop();
        stop.Dispose();
        stop.Guard(() => throw new TimeZoneNotFoundException("late"));
        Assert.Equal("late", stop.Failure!.Message);
        Assert.False(stop.IsRequested);
    }
}
