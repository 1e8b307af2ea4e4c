using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// <c>MountainCar-v0</c>: drive an underpowered car up a hill by building up momentum. Actions: push left (0), no push (1), push
/// right (2). Observation: position and velocity. The reward is -1 per step; the episode terminates at position 0.5.
/// </summary>
/// <remarks>A. W. Moore, "Efficient Memory-based Learning for Robot Control", PhD thesis, University of Cambridge, 1990.</remarks>
public sealed class MountainCar : Environment<float>, IStatefulEnvironment
{
    internal const double MinPosition = -1.2;
    internal const double MaxPosition = 0.6;
    internal const double MaxSpeed = 0.07;
    internal const double GoalPosition = 0.5;
    internal const double Force = 0.001;
    internal const double Gravity = 0.0025;
    internal const double ResetLow = -0.6;
    internal const double ResetHigh = -0.4;

    internal static readonly BoxSpace Observations =
        new([2], [(float)MinPosition, -(float)MaxSpeed], [(float)MaxPosition, (float)MaxSpeed]);

    internal static readonly DiscreteSpace Actions = new(3);

    private readonly double _goalVelocity;
    private double _position;
    private double _velocity;

    /// <summary>Creates the environment.</summary>
    /// <param name="goalVelocity">Minimum velocity at the goal position for the episode to terminate.</param>
    public MountainCar(double goalVelocity = 0)
        : base(Observations, Actions) => _goalVelocity = goalVelocity;

    /// <inheritdoc/>
    public int StateLength => 2;

    /// <inheritdoc/>
    public override StepResult Step(int action, Span<float> observation)
    {
        _velocity += ((action - 1) * Force) + (Math.Cos(3 * _position) * -Gravity);
        _velocity = Math.Clamp(_velocity, -MaxSpeed, MaxSpeed);
        _position = Math.Clamp(_position + _velocity, MinPosition, MaxPosition);
        if (_position == MinPosition && _velocity < 0)
        {
            _velocity = 0; // collisions with the left wall are inelastic
        }

        Observe(observation);
        return _position >= GoalPosition && _velocity >= _goalVelocity ? Terminate(-1) : Continue(-1);
    }

    /// <inheritdoc/>
    public void GetState(Span<double> state) => (state[0], state[1]) = (_position, _velocity);

    /// <inheritdoc/>
    public void SetState(ReadOnlySpan<double> state) => (_position, _velocity) = (state[0], state[1]);

    /// <inheritdoc/>
    protected override void Reset(Span<float> observation)
    {
        (_position, _velocity) = (Random.NextUniform(ResetLow, ResetHigh), 0);
        Observe(observation);
    }

    private void Observe(Span<float> observation) => (observation[0], observation[1]) = ((float)_position, (float)_velocity);
}
