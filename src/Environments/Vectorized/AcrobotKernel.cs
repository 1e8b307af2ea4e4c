using System.Runtime.CompilerServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>The dynamics of <see cref="Acrobot"/> in lanes: the same operations in the same order.</summary>
internal readonly struct AcrobotKernel : ILaneKernel
{
    public static BoxSpace ObservationSpace => Acrobot.Observations;

    public static DiscreteSpace ActionSpace => Acrobot.Actions;

    public static int StateLength => 4;

    public float StepReward => -1;

    public float TerminalReward => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Step<T>(ref double state, int stride, ref readonly int actions, ref float observations)
        where T : struct, ILanes<T>
    {
        ref double state2 = ref Unsafe.Add(ref state, stride);
        ref double state3 = ref Unsafe.Add(ref state, 2 * stride);
        ref double state4 = ref Unsafe.Add(ref state, 3 * stride);
        State<T> s = new(T.Load(ref state), T.Load(ref state2), T.Load(ref state3), T.Load(ref state4));
        T torque = T.Load(in actions) - T.Create(1);
        State<T> k1 = Derivative(s, torque);
        State<T> k2 = Derivative(Plus(s, Acrobot.TimeStep / 2, k1), torque);
        State<T> k3 = Derivative(Plus(s, Acrobot.TimeStep / 2, k2), torque);
        State<T> k4 = Derivative(Plus(s, Acrobot.TimeStep, k3), torque);
        T angle1 = Wrap(Sum(s.Angle1, k1.Angle1, k2.Angle1, k3.Angle1, k4.Angle1));
        T angle2 = Wrap(Sum(s.Angle2, k1.Angle2, k2.Angle2, k3.Angle2, k4.Angle2));
        T velocity1 = Bound(Sum(s.Velocity1, k1.Velocity1, k2.Velocity1, k3.Velocity1, k4.Velocity1), Acrobot.MaxVelocity1);
        T velocity2 = Bound(Sum(s.Velocity2, k1.Velocity2, k2.Velocity2, k3.Velocity2, k4.Velocity2), Acrobot.MaxVelocity2);
        angle1.Store(ref state);
        angle2.Store(ref state2);
        velocity1.Store(ref state3);
        velocity2.Store(ref state4);

        (T sin1, T cos1) = SinCos(angle1);
        (T sin2, T cos2) = SinCos(angle2);
        cos1.StoreSingles(ref observations, 6);
        sin1.StoreSingles(ref Unsafe.Add(ref observations, 1), 6);
        cos2.StoreSingles(ref Unsafe.Add(ref observations, 2), 6);
        sin2.StoreSingles(ref Unsafe.Add(ref observations, 3), 6);
        velocity1.StoreSingles(ref Unsafe.Add(ref observations, 4), 6);
        velocity2.StoreSingles(ref Unsafe.Add(ref observations, 5), 6);
        (T _, T cosSum) = SinCos(angle2 + angle1);
        return T.Bits(T.Greater(-cos1 - cosSum, T.Create(1)));
    }

    public void Reset(Pcg64 random, ref double state, int stride, ref float observation)
    {
        for (int v = 0; v < 4; v++)
        {
            Unsafe.Add(ref state, v * stride) = (float)random.NextUniform(-Acrobot.ResetBound, Acrobot.ResetBound);
        }

        double angle2 = Unsafe.Add(ref state, stride);
        observation = (float)Math.Cos(state);
        Unsafe.Add(ref observation, 1) = (float)Math.Sin(state);
        Unsafe.Add(ref observation, 2) = (float)Math.Cos(angle2);
        Unsafe.Add(ref observation, 3) = (float)Math.Sin(angle2);
        Unsafe.Add(ref observation, 4) = (float)Unsafe.Add(ref state, 2 * stride);
        Unsafe.Add(ref observation, 5) = (float)Unsafe.Add(ref state, 3 * stride);
    }

    // Not inlined, and neither is SinCos: in a single method the JIT would have more locals than it tracks and would keep them in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static State<T> Derivative<T>(in State<T> s, T torque)
        where T : struct, ILanes<T>
    {
        T half = T.Create(0.5);
        T quarterTurn = T.Create(Math.PI / 2);
        (T sin2, T cos2) = SinCos(s.Angle2);
        (T _, T cosSum) = SinCos(s.Angle1 + s.Angle2 - quarterTurn);
        (T _, T cos1) = SinCos(s.Angle1 - quarterTurn);
        T d1 = T.Create(0.25) + (T.Create(1.25) + cos2) + T.Create(1) + T.Create(1);
        T d2 = T.Create(0.25) + (half * cos2) + T.Create(1);
        T phi2 = T.Create(0.5 * Acrobot.Gravity) * cosSum;
        T phi1 = (T.Create(-0.5) * (s.Velocity2 * s.Velocity2) * sin2)
            - (s.Velocity2 * s.Velocity1 * sin2)
            + (T.Create(1.5 * Acrobot.Gravity) * cos1)
            + phi2;
        T acceleration2 = (torque + (d2 / d1 * phi1) - (half * (s.Velocity1 * s.Velocity1) * sin2) - phi2)
            / (T.Create(1.25) - (d2 * d2 / d1));
        T acceleration1 = -((d2 * acceleration2) + phi1) / d1;
        return new State<T>(s.Velocity1, s.Velocity2, acceleration1, acceleration2);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (T Sin, T Cos) SinCos<T>(T x)
        where T : struct, ILanes<T> => LaneMath.SinCos(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static State<T> Plus<T>(in State<T> s, double h, in State<T> k)
        where T : struct, ILanes<T>
    {
        T step = T.Create(h);
        return new(
            s.Angle1 + (step * k.Angle1), s.Angle2 + (step * k.Angle2), s.Velocity1 + (step * k.Velocity1), s.Velocity2 + (step * k.Velocity2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Sum<T>(T start, T k1, T k2, T k3, T k4)
        where T : struct, ILanes<T> =>
        start + (T.Create(Acrobot.TimeStep / 6) * (k1 + (T.Create(2) * k2) + (T.Create(2) * k3) + k4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Wrap<T>(T angle)
        where T : struct, ILanes<T>
    {
        T pi = T.Create(Math.PI);
        T turn = T.Create(2 * Math.PI);

        // A step turns a link by less than two turns. Only a state set by SetState can need more than a few iterations.
        for (int round = 0; round < 1_000 && T.Bits(T.Greater(T.Abs(angle), pi)) != 0; round++)
        {
            angle = T.Select(T.Greater(angle, pi), angle - turn, angle);
            angle = T.Select(T.Greater(-pi, angle), angle + turn, angle);
        }

        return angle;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Bound<T>(T value, double bound)
        where T : struct, ILanes<T> => T.Min(T.Max(value, T.Create(-bound)), T.Create(bound));

    private readonly struct State<T>(T angle1, T angle2, T velocity1, T velocity2)
    {
        public readonly T Angle1 = angle1;
        public readonly T Angle2 = angle2;
        public readonly T Velocity1 = velocity1;
        public readonly T Velocity2 = velocity2;
    }
}
