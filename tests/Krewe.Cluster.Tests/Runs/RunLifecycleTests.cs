using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

public sealed class RunLifecycleTests
{
    private static readonly RunSpecification Specification = new() { RunId = "run", OptionsJson = "{}" };
    private readonly RunRecordState _record = new();
    private readonly RunLifecycle _life;

    public RunLifecycleTests() => _life = new RunLifecycle("run", _record);

    [Fact]
    public void A_run_that_was_not_created_does_nothing_and_refuses_everything()
    {
        Assert.Equal((false, false, false, RunDirective.Stop), (_life.Exists, _life.IsActive, _life.GivesSteps, _life.Directive));
        Assert.False(_life.Fail("too early"));
        foreach (Action command in new Action[] { _life.RequireActive, _life.RequireOver, () => _life.Command(RunState.Paused) })
        {
            Assert.Equal("run run: there is no such run", Refused(command));
        }
    }

    [Fact]
    public void A_created_run_works_and_is_running_when_every_role_is_filled()
    {
        _life.Create(Specification);
        Assert.Equal((RunState.Created, RunDirective.Work, true), (_record.State, _life.Directive, _life.GivesSteps));
        _life.Started();
        Assert.Equal((RunState.Running, RunDirective.Work, true), (_record.State, _life.Directive, _life.GivesSteps));
        Assert.Equal("run run: already exists (running) and is not overwritten; choose another id", Refused(_life.RequireNew));
        Assert.Contains("end it first (krewe stop run)", Refused(_life.RequireOver), StringComparison.Ordinal);
    }

    [Fact]
    public void A_withdrawn_creation_leaves_the_id_free()
    {
        _life.Create(Specification);
        _life.Withdraw();
        _life.RequireNew();
    }

    [Fact]
    public void A_paused_run_hands_out_no_steps_and_stays_paused_when_every_role_is_filled()
    {
        _life.Create(Specification);
        _life.Command(RunState.Paused);
        _life.Started();
        Assert.Equal((RunState.Paused, RunDirective.Pause, false), (_record.State, _life.Directive, _life.GivesSteps));
        _life.Command(RunState.Running);
        Assert.Equal((RunState.Running, RunDirective.Work, true), (_record.State, _life.Directive, _life.GivesSteps));
    }

    [Fact]
    public void A_run_stopped_before_any_learner_began_has_ended_and_otherwise_waits_for_its_learner()
    {
        _life.Create(Specification);
        Assert.False(_life.EndUnstarted(learnerFailsToStart: false));
        _life.Command(RunState.Stopping);
        Assert.True(_life.EndUnstarted(learnerFailsToStart: false));
        Assert.Equal((RunState.Stopped, true), (_record.State, _life.IsOver));
        _life.RequireOver();

        var begun = new RunRecordState { Epoch = 1 };
        var other = new RunLifecycle("other", begun);
        other.Create(Specification);
        other.Command(RunState.Stopping);
        Assert.False(other.EndUnstarted(learnerFailsToStart: false));
        Assert.Equal(RunState.Stopping, begun.State);
    }

    [Fact]
    public void A_run_whose_learner_fails_to_start_can_be_stopped_unless_an_earlier_learner_trained()
    {
        var untrained = new RunRecordState { Epoch = 3 };
        var life = new RunLifecycle("run", untrained);
        life.Create(Specification);
        Assert.False(life.EndUnstarted(learnerFailsToStart: true));
        life.Command(RunState.Stopping);
        Assert.True(life.EndUnstarted(learnerFailsToStart: true));
        Assert.Equal(RunState.Stopped, untrained.State);

        var trained = new RunRecordState { Epoch = 3, Figures = new RunFigures { StepBudget = 10, PolicyVersion = 1 } };
        life = new RunLifecycle("run", trained);
        life.Create(Specification);
        life.Command(RunState.Stopping);
        Assert.False(life.EndUnstarted(learnerFailsToStart: true));
        Assert.Equal(RunState.Stopping, trained.State);
    }

    [Fact]
    public void A_run_that_is_being_stopped_accepts_no_other_command_and_has_not_ended_yet()
    {
        _life.Create(Specification);
        _life.Command(RunState.Stopping);
        Assert.Equal((RunDirective.Stop, true), (_life.Directive, _life.IsActive));
        foreach (RunState state in new[] { RunState.Paused, RunState.Running, RunState.Stopping })
        {
            Assert.Equal("run run: is being stopped", Refused(() => _life.Command(state)));
        }
    }

    [Theory]
    [InlineData(true, RunState.Stopped)]
    [InlineData(false, RunState.Completed)]
    public void An_interrupted_run_is_stopped_and_any_other_is_completed(bool interrupted, RunState state)
    {
        _life.Create(Specification);
        RunOutcome outcome = Outcome(interrupted);
        Assert.True(_life.End(outcome));
        Assert.Equal((state, outcome, null), (_record.State, _record.Outcome, _record.Failure));
        Assert.Equal((true, false, RunDirective.Stop), (_life.IsOver, _life.GivesSteps, _life.Directive));
        _life.RequireOver();
        Assert.Equal($"run run: has ended ({SiloText.Of(state)})", Refused(() => _life.Command(RunState.Paused)));
    }

    [Fact]
    public void The_end_of_a_run_is_final()
    {
        _life.Create(Specification);
        Assert.True(_life.Fail("first"));
        Assert.False(_life.Fail("second"));
        Assert.False(_life.End(Outcome(interrupted: false)));
        Assert.Equal((RunState.Failed, "first", null), (_record.State, _record.Failure, _record.Outcome));
        Assert.Equal("run run: has ended (failed: first)", Refused(_life.RequireActive));
    }

    private static RunOutcome Outcome(bool interrupted) => new()
    {
        EnvironmentSteps = 1,
        Updates = 2,
        WallSeconds = 3,
        StepsPerSecond = 4,
        UpdatesPerSecond = 5,
        Interrupted = interrupted,
    };

    private static string Refused(Action action) => Assert.Throws<InvalidOptionException>(action).Message;
}
