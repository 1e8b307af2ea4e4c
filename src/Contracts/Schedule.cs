namespace Krewe.Contracts;

/// <summary>How a <see cref="Schedule"/> changes from its initial to its final value.</summary>
public enum ScheduleKind
{
    /// <summary>The initial value, always.</summary>
    Constant,

    /// <summary>Linearly.</summary>
    Linear,

    /// <summary>By equal factors: initial * (final / initial)^(t / steps). Both ends must be positive.</summary>
    Exponential,
}

/// <summary>A value that changes with the number of environment steps: epsilon, or the learning rate.</summary>
public sealed record Schedule
{
    /// <summary>How the value changes.</summary>
    [Option("how the value changes: constant, linear or exponential")]
    public ScheduleKind Kind { get; init; } = ScheduleKind.Constant;

    /// <summary>The value at step 0.</summary>
    [Option("value at the start", Min = 0)]
    public double Initial { get; init; }

    /// <summary>The value from <see cref="Steps"/> on; ignored by a constant schedule.</summary>
    [Option("value from 'steps' on; ignored by a constant schedule", Min = 0)]
    public double Final { get; init; }

    /// <summary>
    /// Environment steps (of the whole run) after which the final value is reached; ignored by a constant schedule. With a
    /// <see cref="Fraction"/> it follows from that.
    /// </summary>
    [Option("environment steps from initial to final; ignored by a constant schedule", Min = 1)]
    public long Steps { get; init; } = 1;

    /// <summary>The share of the run's steps after which the final value is reached, so that a longer run has a longer schedule; 0 to use <see cref="Steps"/>.</summary>
    [Option("share of run.steps from initial to final, in place of 'steps'; 0 to use 'steps'", Min = 0, Max = 1)]
    public double Fraction { get; init; }

    /// <summary>A value that does not change.</summary>
    /// <param name="value">The value.</param>
    public static Schedule Constant(double value) => new() { Kind = ScheduleKind.Constant, Initial = value, Final = value };

    /// <summary>A linear schedule.</summary>
    /// <param name="initial">Value at step 0.</param>
    /// <param name="final">Value from <paramref name="steps"/> on.</param>
    /// <param name="steps">Environment steps between them.</param>
    public static Schedule Linear(double initial, double final, long steps) =>
        new() { Kind = ScheduleKind.Linear, Initial = initial, Final = final, Steps = steps };

    /// <summary>The schedule of a run of a given length: its <see cref="Steps"/> follow from a <see cref="Fraction"/>.</summary>
    /// <param name="runSteps">Environment steps of the run, at least 1.</param>
    public Schedule Over(long runSteps) => Fraction > 0 ? this with { Steps = Math.Max(1, (long)Math.Round(Fraction * runSteps)) } : this;

    /// <summary>The value after a number of environment steps.</summary>
    /// <param name="step">Environment steps so far, not negative.</param>
    public double At(long step)
    {
        if (Kind == ScheduleKind.Constant)
        {
            return Initial;
        }

        double progress = Math.Min(1.0, (double)step / Steps);
        return Kind == ScheduleKind.Linear
            ? Initial + (progress * (Final - Initial))
            : Initial * Math.Pow(Final / Initial, progress);
    }
}
