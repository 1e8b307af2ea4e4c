using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// <c>Acrobot-v1</c>: swing up a two-link pendulum. Actions: a torque of -1 (0), 0 (1) or +1 (2) at the joint between the links.
/// Observation: cosine and sine of both angles (the second relative to the first), both angular velocities (rad/s). The reward is
/// -1 per step; the episode terminates with reward 0 when the tip is more than one link length above the base.
/// </summary>
/// <remarks>
/// R. S. Sutton, "Generalization in Reinforcement Learning", NIPS 1996. The acceleration of the second link follows R. S. Sutton and
/// A. G. Barto, "Reinforcement Learning", first edition, 1998, section 11.3, which has one more term than the paper. A step is one
/// fourth-order Runge-Kutta step of 0.2 s. Links: 1 m, 1 kg, center of mass in the middle, moment of inertia 1 kg m^2.
/// </remarks>
public sealed class Acrobot : Environment<float>, IStatefulEnvironment
{
    internal const double Gravity = 9.8;
    internal const double TimeStep = 0.2;
    internal const double MaxVelocity1 = 4 * Math.PI;
    internal const double MaxVelocity2 = 9 * Math.PI;
    internal const double ResetBound = 0.1;

    internal static readonly BoxSpace Observations = new(
        [6],
        [-1, -1, -1, -1, -(float)MaxVelocity1, -(float)MaxVelocity2],
        [1, 1, 1, 1, (float)MaxVelocity1, (float)MaxVelocity2]);

    internal static readonly DiscreteSpace Actions = new(3);

    private State _state;

    /// <summary>Creates the environment.</summary>
    public Acrobot()
        : base(Observations, Actions)
    {
    }

    /// <inheritdoc/>
    public int StateLength => 4;

    /// <inheritdoc/>
    public override StepResult Step(int action, Span<float> observation)
    {
        double torque = action - 1;
        State s = _state;
        State k1 = Derivative(s, torque);
        State k2 = Derivative(s.Plus(TimeStep / 2, k1), torque);
        State k3 = Derivative(s.Plus(TimeStep / 2, k2), torque);
        State k4 = Derivative(s.Plus(TimeStep, k3), torque);
        _state = new State(
            Wrap(s.Angle1 + (TimeStep / 6 * (k1.Angle1 + (2 * k2.Angle1) + (2 * k3.Angle1) + k4.Angle1))),
            Wrap(s.Angle2 + (TimeStep / 6 * (k1.Angle2 + (2 * k2.Angle2) + (2 * k3.Angle2) + k4.Angle2))),
            Bound(s.Velocity1 + (TimeStep / 6 * (k1.Velocity1 + (2 * k2.Velocity1) + (2 * k3.Velocity1) + k4.Velocity1)), MaxVelocity1),
            Bound(s.Velocity2 + (TimeStep / 6 * (k1.Velocity2 + (2 * k2.Velocity2) + (2 * k3.Velocity2) + k4.Velocity2)), MaxVelocity2));
        Observe(observation);
        bool terminated = -Math.Cos(_state.Angle1) - Math.Cos(_state.Angle2 + _state.Angle1) > 1.0;
        return terminated ? Terminate(0) : Continue(-1);
    }

    /// <inheritdoc/>
    public void GetState(Span<double> state) =>
        (state[0], state[1], state[2], state[3]) = (_state.Angle1, _state.Angle2, _state.Velocity1, _state.Velocity2);

    /// <inheritdoc/>
    public void SetState(ReadOnlySpan<double> state) => _state = new State(state[0], state[1], state[2], state[3]);

    /// <inheritdoc/>
    protected override void Reset(Span<float> observation)
    {
        // Gymnasium rounds the initial state to float32.
        _state = new State(Draw(), Draw(), Draw(), Draw());
        Observe(observation);

        double Draw() => (float)Random.NextUniform(-ResetBound, ResetBound);
    }

    private static State Derivative(in State s, double torque)
    {
        (double sin2, double cos2) = (Math.Sin(s.Angle2), Math.Cos(s.Angle2));
        double d1 = 0.25 + (1.25 + cos2) + 1 + 1;
        double d2 = 0.25 + (0.5 * cos2) + 1;
        double phi2 = 0.5 * Gravity * Math.Cos(s.Angle1 + s.Angle2 - (Math.PI / 2));
        double phi1 = (-0.5 * (s.Velocity2 * s.Velocity2) * sin2)
            - (s.Velocity2 * s.Velocity1 * sin2)
            + (1.5 * Gravity * Math.Cos(s.Angle1 - (Math.PI / 2)))
            + phi2;
        double acceleration2 = (torque + (d2 / d1 * phi1) - (0.5 * (s.Velocity1 * s.Velocity1) * sin2) - phi2)
            / (1.25 - (d2 * d2 / d1));
        double acceleration1 = -((d2 * acceleration2) + phi1) / d1;
        return new State(s.Velocity1, s.Velocity2, acceleration1, acceleration2);
    }

    private static double Wrap(double angle)
    {
        if (Math.Abs(angle) > 1e6)
        {
            return Math.IEEERemainder(angle, 2 * Math.PI); // SetState allows angles so large that subtracting one turn at a time would not terminate
        }

        while (angle > Math.PI)
        {
            angle -= 2 * Math.PI;
        }

        while (angle < -Math.PI)
        {
            angle += 2 * Math.PI;
        }

        return angle;
    }

    private static double Bound(double value, double bound) => Math.Min(Math.Max(value, -bound), bound);

    private void Observe(Span<float> observation)
    {
        observation[5] = (float)_state.Velocity2;
        observation[4] = (float)_state.Velocity1;
        observation[3] = (float)Math.Sin(_state.Angle2);
        observation[2] = (float)Math.Cos(_state.Angle2);
        observation[1] = (float)Math.Sin(_state.Angle1);
        observation[0] = (float)Math.Cos(_state.Angle1);
    }

    // A state (rad, rad/s) or its time derivative (rad/s, rad/s^2).
    private readonly record struct State(double Angle1, double Angle2, double Velocity1, double Velocity2)
    {
        public State Plus(double h, in State k) =>
            new(Angle1 + (h * k.Angle1), Angle2 + (h * k.Angle2), Velocity1 + (h * k.Velocity1), Velocity2 + (h * k.Velocity2));
    }
}
