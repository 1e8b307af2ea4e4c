using System.Runtime.CompilerServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>The dynamics of <see cref="MountainCar"/> in lanes: the same operations in the same order.</summary>
/// <param name="goalVelocity">As in <see cref="MountainCar"/>.</param>
internal readonly struct MountainCarKernel(double goalVelocity) : ILaneKernel
{
    private readonly double _goalVelocity = goalVelocity;

    public static BoxSpace ObservationSpace => MountainCar.Observations;

    public static DiscreteSpace ActionSpace => MountainCar.Actions;

    public static int StateLength => 2;

    public float StepReward => -1;

    public float TerminalReward => -1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Step<T>(ref double state, int stride, ref readonly int actions, ref float observations)
        where T : struct, ILanes<T>
    {
        T position = T.Load(ref state);
        T velocity = T.Load(ref Unsafe.Add(ref state, stride));
        T zero = T.Create(0);
        T minPosition = T.Create(MountainCar.MinPosition);

        (T _, T slope) = LaneMath.SinCos(T.Create(3) * position);
        velocity += ((T.Load(in actions) - T.Create(1)) * T.Create(MountainCar.Force)) + (slope * T.Create(-MountainCar.Gravity));
        velocity = T.Min(T.Max(velocity, T.Create(-MountainCar.MaxSpeed)), T.Create(MountainCar.MaxSpeed));
        position = T.Min(T.Max(position + velocity, minPosition), T.Create(MountainCar.MaxPosition));
        velocity = T.Select(T.GreaterOrEqual(minPosition, position) & T.Greater(zero, velocity), zero, velocity);

        position.Store(ref state);
        velocity.Store(ref Unsafe.Add(ref state, stride));
        position.StoreSingles(ref observations, 2);
        velocity.StoreSingles(ref Unsafe.Add(ref observations, 1), 2);
        return T.Bits(
            T.GreaterOrEqual(position, T.Create(MountainCar.GoalPosition)) & T.GreaterOrEqual(velocity, T.Create(_goalVelocity)));
    }

    public void Reset(Pcg64 random, ref double state, int stride, ref float observation)
    {
        state = random.NextUniform(MountainCar.ResetLow, MountainCar.ResetHigh);
        Unsafe.Add(ref state, stride) = 0;
        observation = (float)state;
        Unsafe.Add(ref observation, 1) = 0;
    }
}
