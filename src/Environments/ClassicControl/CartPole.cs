using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// <c>CartPole-v1</c>: keep a pole upright on a cart by pushing the cart left (0) or right (1). Observation: cart position (m),
/// cart velocity (m/s), pole angle (rad), angular velocity (rad/s). The reward is 1 per step; the episode terminates when the cart
/// is more than 2.4 m from the center or the pole more than 12 degrees from vertical.
/// </summary>
/// <remarks>
/// A. G. Barto, R. S. Sutton, C. W. Anderson, "Neuronlike adaptive elements that can solve difficult learning control problems",
/// IEEE Trans. SMC 13(5), 1983; equations of motion without friction from R. V. Florian, "Correct equations for the dynamics of
/// the cart-pole system", 2007. A step is one Euler step of 0.02 s. The operations run in Gymnasium's order, so the results are
/// bitwise equal.
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
    /// <param name="suttonBartoReward">If true, the reward is 0 per step and -1 on termination, instead of 1 per step.</param>
    public CartPole(bool suttonBartoReward = false)
        : base(Observations, Actions) => _suttonBartoReward = suttonBartoReward;

    /// <inheritdoc/>
    public int StateLength => 4;

    /// <summary>
    /// Starts an episode with every state variable drawn uniformly from [low, high) instead of [-0.05, 0.05), like Gymnasium's reset
    /// options <c>low</c> and <c>high</c>.
    /// </summary>
    /// <param name="seed">The seed; null continues the current random stream.</param>
    /// <param name="low">Lower bound of each state variable, inclusive.</param>
    /// <param name="high">Upper bound of each state variable, exclusive.</param>
    /// <param name="observation">Receives the initial observation, [4].</param>
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
            : (terminated && _fallen ? 0.0 : 1.0); // no reward for steps after termination
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
