namespace Krewe.Environments;

/// <summary>One outcome of taking an action in a state.</summary>
/// <param name="Probability">Its probability.</param>
/// <param name="NextState">The state it leads to.</param>
/// <param name="Reward">The reward it gives.</param>
/// <param name="Terminated">Whether it terminates the episode.</param>
public readonly record struct Transition(double Probability, int NextState, double Reward, bool Terminated);
