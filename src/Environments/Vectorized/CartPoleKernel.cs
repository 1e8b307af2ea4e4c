using System.Runtime.CompilerServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The dynamics of <see cref="CartPole"/> in lanes: the same operations in the same order, so only the last bit of a sine may differ.
/// </summary>
/// <param name="suttonBartoReward">As in <see cref="CartPole"/>.</param>
internal readonly struct CartPoleKernel(bool suttonBartoReward) : ILaneKernel
{
    public static BoxSpace ObservationSpace => CartPole.Observations;

    public static DiscreteSpace ActionSpace => CartPole.Actions;

    public static int StateLength => 4;

    public float StepReward { get; } = suttonBartoReward ? 0 : 1;

    public float TerminalReward { get; } = suttonBartoReward ? -1 : 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Step<T>(ref double state, int stride, ref readonly int actions, ref float observations)
        where T : struct, ILanes<T>
    {
        T position = T.Load(ref state);
        T velocity = T.Load(ref Unsafe.Add(ref state, stride));
        T angle = T.Load(ref Unsafe.Add(ref state, 2 * stride));
        T angularVelocity = T.Load(ref Unsafe.Add(ref state, 3 * stride));

        // The pole leans by at most 0.21 rad until the episode terminates. Only a state set by SetState can lean further.
        (T sin, T cos) = T.Bits(T.Greater(T.Abs(angle), T.Create(LaneMath.NearZero))) == 0
            ? LaneMath.SinCosNearZero(angle)
            : LaneMath.SinCos(angle);
        T force = (T.Load(in actions) * T.Create(2 * CartPole.Force)) - T.Create(CartPole.Force);
        T pull = (force + (T.Create(CartPole.PoleMassLength) * (angularVelocity * angularVelocity) * sin)) / T.Create(CartPole.TotalMass);
        T angularAcceleration = ((T.Create(CartPole.Gravity) * sin) - (cos * pull))
            / (T.Create(CartPole.HalfLength) * (T.Create(4.0 / 3.0) - (T.Create(CartPole.PoleMass) * (cos * cos) / T.Create(CartPole.TotalMass))));
        T acceleration = pull - (T.Create(CartPole.PoleMassLength) * angularAcceleration * cos / T.Create(CartPole.TotalMass));

        T tau = T.Create(CartPole.Tau);
        position += tau * velocity;
        velocity += tau * acceleration;
        angle += tau * angularVelocity;
        angularVelocity += tau * angularAcceleration;

        position.Store(ref state);
        velocity.Store(ref Unsafe.Add(ref state, stride));
        angle.Store(ref Unsafe.Add(ref state, 2 * stride));
        angularVelocity.Store(ref Unsafe.Add(ref state, 3 * stride));
        T.StoreSingles(ref observations, position, velocity, angle, angularVelocity);
        return T.Bits(T.Greater(T.Abs(position), T.Create(CartPole.PositionLimit)) | T.Greater(T.Abs(angle), T.Create(CartPole.AngleLimit)));
    }

    public void Reset(Pcg64 random, ref double state, int stride, ref float observation)
    {
        for (int v = 0; v < 4; v++)
        {
            double value = random.NextUniform(-CartPole.ResetBound, CartPole.ResetBound);
            Unsafe.Add(ref state, v * stride) = value;
            Unsafe.Add(ref observation, v) = (float)value;
        }
    }
}
