namespace Krewe.Actors;

/// <summary>
/// Actors give each transition the priority that the learner would give it: the size of its n-step temporal-difference error, from the
/// Q-values by which they act (Horgan et al. 2018, "Distributed Prioritized Experience Replay").
/// </summary>
/// <param name="NStep">n, at least 1, as in replay.</param>
/// <param name="Discount">gamma, as in the learner.</param>
public sealed record InitialPriorities(int NStep, double Discount);
