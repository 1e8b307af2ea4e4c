namespace Krewe.Environments;

/// <summary>
/// A finite Markov decision process: the outcomes of every action in every state, in order (Gymnasium's <c>P[s][a]</c>), and the
/// initial state distribution. Immutable; instances with the same arguments share it.
/// </summary>
public sealed class TransitionTable
{
    private readonly Transition[] _transitions;
    private readonly int[] _starts;
    private readonly double[] _initial;
    private readonly double[] _initialSums;

    /// <summary>Builds the table.</summary>
    /// <param name="states">Number of states.</param>
    /// <param name="actions">Number of actions in each state.</param>
    /// <param name="initial">The initial state distribution, [states].</param>
    /// <param name="outcomes">The outcomes of an action (second argument) in a state (first argument), in order.</param>
    public TransitionTable(int states, int actions, ReadOnlySpan<double> initial, Func<int, int, IEnumerable<Transition>> outcomes)
    {
        States = states;
        Actions = actions;
        _initial = initial.ToArray();
        _initialSums = new double[states];
        double sum = 0;
        for (int s = 0; s < states; s++)
        {
            _initialSums[s] = sum += initial[s];
        }

        var all = new List<Transition>();
        _starts = new int[(states * actions) + 1];
        for (int i = 0; i < states * actions; i++)
        {
            all.AddRange(outcomes(i / actions, i % actions));
            _starts[i + 1] = all.Count;
        }

        _transitions = [.. all];
    }

    /// <summary>Number of states.</summary>
    public int States { get; }

    /// <summary>Number of actions in each state.</summary>
    public int Actions { get; }

    /// <summary>The initial state distribution, [<see cref="States"/>].</summary>
    public ReadOnlySpan<double> Initial => _initial;

    /// <summary>The outcomes of an action in a state, in the order in which they are drawn.</summary>
    /// <param name="state">The state.</param>
    /// <param name="action">The action.</param>
    public ReadOnlySpan<Transition> this[int state, int action]
    {
        get
        {
            int i = (state * Actions) + action;
            return _transitions.AsSpan(_starts[i].._starts[i + 1]);
        }
    }

    /// <summary>Samples the initial state: the first one whose cumulative probability exceeds a uniform number.</summary>
    /// <param name="uniform">A number in [0, 1).</param>
    public int DrawInitial(double uniform)
    {
        // Rounding can leave the last sum below 1. If no sum exceeds the number, NumPy's argmax returns 0, and so does this method.
        for (int s = 0; s < _initialSums.Length; s++)
        {
            if (_initialSums[s] > uniform)
            {
                return s;
            }
        }

        return 0;
    }

    /// <summary>Samples an outcome: the first one whose cumulative probability exceeds a uniform number.</summary>
    /// <param name="state">The state.</param>
    /// <param name="action">The action.</param>
    /// <param name="uniform">A number in [0, 1).</param>
    public ref readonly Transition Draw(int state, int action, double uniform)
    {
        ReadOnlySpan<Transition> outcomes = this[state, action];
        double sum = 0;
        for (int i = 0; i < outcomes.Length; i++)
        {
            sum += outcomes[i].Probability;
            if (sum > uniform)
            {
                return ref outcomes[i];
            }
        }

        return ref outcomes[0];
    }
}
