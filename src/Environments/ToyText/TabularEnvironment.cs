using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// An environment that is a <see cref="TransitionTable"/>: its observation is the state's number, and a step draws one uniform
/// number and takes the first outcome whose cumulative probability exceeds it, as Gymnasium's toy text environments do.
/// </summary>
public abstract class TabularEnvironment : Environment<int>, IStatefulEnvironment
{
    /// <summary>Creates the environment.</summary>
    /// <param name="table">Its dynamics.</param>
    protected TabularEnvironment(TransitionTable table)
        : base(new DiscreteSpace(table.States), new DiscreteSpace(table.Actions)) => Table = table;

    /// <summary>The dynamics, for methods that plan with them.</summary>
    public TransitionTable Table { get; }

    /// <summary>The current state.</summary>
    public int State { get; private set; }

    /// <summary>Probability of the outcome that the last step drew (Gymnasium's <c>info["prob"]</c>); 1 after a reset.</summary>
    public double LastProbability { get; private set; } = 1;

    /// <inheritdoc/>
    public int StateLength => 1;

    /// <summary>The uniform number that the last step or reset drew.</summary>
    internal double LastUniform { get; private set; }

    /// <inheritdoc/>
    public override StepResult Step(int action, Span<int> observation) => StepWith(Random.NextDouble(), action, observation);

    /// <inheritdoc/>
    public void GetState(Span<double> state) => state[0] = State;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such state.</exception>
    public void SetState(ReadOnlySpan<double> state)
    {
        int value = (int)state[0];
        ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(state));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, Table.States, nameof(state));
        State = value;
    }

    /// <summary>Starts an episode with a number drawn elsewhere.</summary>
    internal void ResetWith(double uniform, Span<int> observation)
    {
        LastUniform = uniform;
        LastProbability = 1;
        State = Table.DrawInitial(uniform);
        OnReset();
        observation[0] = State;
    }

    /// <summary>Steps with a number drawn elsewhere.</summary>
    internal StepResult StepWith(double uniform, int action, Span<int> observation)
    {
        ref readonly Transition outcome = ref Table.Draw(State, action, uniform);
        LastUniform = uniform;
        LastProbability = outcome.Probability;
        State = OnTransition(State, outcome.NextState);
        observation[0] = State;
        return new StepResult(outcome.Reward, outcome.Terminated, Truncated: false);
    }

    /// <inheritdoc/>
    protected override void Reset(Span<int> observation) => ResetWith(Random.NextDouble(), observation);

    /// <summary>Called when an episode starts, after its first state was drawn.</summary>
    protected virtual void OnReset()
    {
    }

    /// <summary>Lets an environment change where a step leads beyond its table.</summary>
    /// <param name="state">The state left.</param>
    /// <param name="next">The state that was drawn.</param>
    /// <returns>The state that the step ends in.</returns>
    protected virtual int OnTransition(int state, int next) => next;
}
