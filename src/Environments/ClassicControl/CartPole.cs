using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// <c>CartPole-v1</c>: keep a pole upright on a cart by pushing the cart left (0) or right (1). Observation: cart position (m),
/// cart velocity (m/s), pole angle (rad), angular velocity (rad/s). The episode terminates beyond 2.4 m or 12 degrees.
/// </summary>
/// <remarks>
/// A. G. Barto, R. S. Sutton, C. W. Anderson, "Neuronlike adaptive elements that can solve difficult learning control problems",
/// IEEE Trans. SMC 13(5), 1983; equations of motion without friction from R. V. Florian, "Correct equations for the dynamics of
/// the cart-pole system", 2007. Euler steps of 0.02 s, operation by operation in Gymnasium's order so that a step is the same to
/// the last bit.
/// </remarks>
public sealed class CartPole : Environment<float>, IStatefulEnvironment
{
    internal const double Gravity = 9.8;
    internal const double PoleMass = 0.1;
    internal const double TotalMass = PoleMass + 1.0;
    internal const double HalfLength = 0.5;
    internal const double PoleMassLength = PoleMass * HalfLength;
    internal const double Force = 10.0;
    internal const double Tau = 0.02;
    internal const double AngleLimit = 12 * 2 * Math.PI / 360;
    internal const double PositionLimit = 2.4;
    internal const double ResetBound = 0.05;

    internal static readonly BoxSpace Observations = new(
        [4],
        [-(float)(PositionLimit * 2), float.NegativeInfinity, -(float)(AngleLimit * 2), float.NegativeInfinity],
        [(float)(PositionLimit * 2), float.PositiveInfinity, (float)(AngleLimit * 2), float.PositiveInfinity]);

    internal static readonly DiscreteSpace Actions = new(2);

    private readonly bool _suttonBartoReward;
    private double _position;
    private double _velocity;
    private double _angle;
    private double _angularVelocity;
    private bool _fallen;

    /// <summary>Creates the environment.</summary>
    /// <param name="suttonBartoReward">False: 1 a step. True: 0 a step and -1 for the one that terminates.</param>
    public CartPole(bool suttonBartoReward = false)
        : base(Observations, Actions) => _suttonBartoReward = suttonBartoReward;

    /// <inheritdoc/>
    public int StateLength => 4;

    /// <summary>Starts an episode from another range than the usual -0.05 to 0.05, as Gymnasium's reset options do.</summary>
    /// <param name="seed">The seed; null continues the current random stream.</param>
    /// <param name="low">The least value of each state variable.</param>
    /// <param name="high">The bound above it.</param>
    /// <param name="observation">Receives the first observation, [4].</param>
    public void Reset(ulong? seed, double low, double high, Span<float> observation)
    {
        if (seed is { } value)
        {
            Random.Seed(value);
        }

        _position = Random.NextUniform(low, high);
        _velocity = Random.NextUniform(low, high);
        _angle = Random.NextUniform(low, high);
        _angularVelocity = Random.NextUniform(low, high);
        _fallen = false;
        Observe(observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(int action, Span<float> observation)
    {
        double force = action == 1 ? Force : -Force;
        (double sin, double cos) = (Math.Sin(_angle), Math.Cos(_angle));
        double pull = (force + (PoleMassLength * (_angularVelocity * _angularVelocity) * sin)) / TotalMass;
        double angularAcceleration = ((Gravity * sin) - (cos * pull))
            / (HalfLength * ((4.0 / 3.0) - (PoleMass * (cos * cos) / TotalMass)));
        double acceleration = pull - (PoleMassLength * angularAcceleration * cos / TotalMass);

        _position += Tau * _velocity;
        _velocity += Tau * acceleration;
        _angle += Tau * _angularVelocity;
        _angularVelocity += Tau * angularAcceleration;
        Observe(observation);

        bool terminated = Math.Abs(_position) > PositionLimit || Math.Abs(_angle) > AngleLimit;
        double reward = _suttonBartoReward
            ? (terminated ? -1.0 : 0.0)
            : (terminated && _fallen ? 0.0 : 1.0); // stepping on after the fall earns nothing
        _fallen |= terminated;
        return terminated ? Terminate(reward) : Continue(reward);
    }

    /// <inheritdoc/>
    public void GetState(Span<double> state) =>
        (state[0], state[1], state[2], state[3]) = (_position, _velocity, _angle, _angularVelocity);

    /// <inheritdoc/>
    public void SetState(ReadOnlySpan<double> state)
    {
        (_position, _velocity, _angle, _angularVelocity) = (state[0], state[1], state[2], state[3]);
        _fallen = false;
    }

    /// <inheritdoc/>
    protected override void Reset(Span<float> observation) => Reset(null, -ResetBound, ResetBound, observation);

    private void Observe(Span<float> observation)
    {
        observation[3] = (float)_angularVelocity;
        observation[2] = (float)_angle;
        observation[1] = (float)_velocity;
        observation[0] = (float)_position;
    }
}
