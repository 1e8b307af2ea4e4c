using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// An environment whose dynamics are a <see cref="TransitionTable"/>. The observation is the index of the state. A step draws one
/// uniform number and takes the first outcome whose cumulative probability exceeds it, as in Gymnasium's toy text environments.
/// </summary>
public abstract class TabularEnvironment : Environment<int>, IStatefulEnvironment
{
    /// <summary>Creates the environment.</summary>
    /// <param name="table">Its dynamics.</param>
    protected TabularEnvironment(TransitionTable table)
        : base(new DiscreteSpace(table.States), new DiscreteSpace(table.Actions)) => Table = table;

    /// <summary>The dynamics, for example for planning.</summary>
    public TransitionTable Table { get; }

    /// <summary>The current state.</summary>
    public int State { get; private set; }

    /// <summary>Probability of the outcome that the last step drew (Gymnasium's <c>info["prob"]</c>); 1 after a reset.</summary>
    public double LastProbability { get; private set; } = 1;

    /// <inheritdoc/>
    public virtual int StateLength => 1;

    /// <summary>The uniform number that the last step or reset drew.</summary>
    internal double LastUniform { get; private set; }

    /// <inheritdoc/>
    public override StepResult Step(int action, Span<int> observation) => StepWith(Random.NextDouble(), action, observation);

    /// <inheritdoc/>
    public virtual void GetState(Span<double> state) => state[0] = State;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The state is outside 0 to <see cref="TransitionTable.States"/> - 1.</exception>
    public virtual void SetState(ReadOnlySpan<double> state)
    {
        int value = (int)state[0];
        ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(state));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, Table.States, nameof(state));
        State = value;
    }

    /// <summary>Starts an episode with a uniform number in [0, 1) from the caller.</summary>
    internal void ResetWith(double uniform, Span<int> observation)
    {
        LastUniform = uniform;
        LastProbability = 1;
        State = Table.DrawInitial(uniform);
        OnReset();
        observation[0] = State;
    }

    /// <summary>Takes a step with a uniform number in [0, 1) from the caller.</summary>
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

    /// <summary>Called when an episode starts, after its initial state is drawn.</summary>
    protected virtual void OnReset()
    {
    }

    /// <summary>Lets a derived class replace the next state that was drawn from the table.</summary>
    /// <param name="state">The state before the step.</param>
    /// <param name="next">The state that was drawn.</param>
    /// <returns>The state after the step.</returns>
    protected virtual int OnTransition(int state, int next) => next;
}
