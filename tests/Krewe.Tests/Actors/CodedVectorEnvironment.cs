using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Tests;

/// <summary>
/// A vector environment that encodes (instance, episode, step) in every observation. Rewards encode the same step and the action, so that
/// everything that was stored can be checked. Odd episodes terminate, even ones are truncated.
/// </summary>
internal sealed class CodedVectorEnvironment(int count, int actions, Func<int, int, int> length) : IVectorEnvironment
{
    public const int Elements = 3;

    private readonly int[] _episode = new int[count];
    private readonly int[] _step = new int[count];

    public int Count => count;

    public Space ObservationSpace { get; } = new BoxSpace(0, float.PositiveInfinity, [Elements]);

    public Space ActionSpace { get; } = new DiscreteSpace(actions);

    /// <summary>Negative control: returns the first observation of the next episode as the final one.</summary>
    public bool LosesFinalObservations { get; init; }

    /// <summary>Called before each step.</summary>
    public Action? Stepping { get; set; }

    public long Steps { get; private set; }

    public bool Disposed { get; private set; }

    public static bool Terminates(int episode) => episode % 2 == 1;

    public static float Reward(int instance, int episode, int step, int action) =>
        (((((instance * 100) + episode) * 100) + step) * 10) + action;

    public void Reset(ulong? seed, Span<byte> observations)
    {
        _episode.AsSpan().Clear();
        _step.AsSpan().Clear();
        for (int i = 0; i < count; i++)
        {
            Write(observations, i, 0, 0);
        }
    }

    public void Step(ReadOnlySpan<byte> actionBytes, in VectorStep result)
    {
        ReadOnlySpan<int> chosen = MemoryMarshal.Cast<byte, int>(actionBytes);
        Stepping?.Invoke();
        Assert.Equal(count, chosen.Length);
        for (int i = 0; i < count; i++)
        {
            Assert.InRange(chosen[i], 0, actions - 1);
            result.Rewards[i] = Reward(i, _episode[i], _step[i], chosen[i]);
            bool ended = ++_step[i] == length(i, _episode[i]);
            result.Terminated[i] = ended && Terminates(_episode[i]) ? (byte)1 : (byte)0;
            result.Truncated[i] = ended && !Terminates(_episode[i]) ? (byte)1 : (byte)0;

            // The final observation of an unfinished episode is undefined: NaN exposes any use of it.
            Write(result.FinalObservations, i, ended ? _episode[i] : float.NaN, ended ? _step[i] : float.NaN);
            if (ended)
            {
                _episode[i]++;
                _step[i] = 0;
                if (LosesFinalObservations)
                {
                    Write(result.FinalObservations, i, _episode[i], _step[i]);
                }
            }

            Write(result.Observations, i, _episode[i], _step[i]);
        }

        Steps += count;
    }

    public void Dispose() => Disposed = true;

    private static void Write(Span<byte> observations, int instance, float episode, float step)
    {
        Span<float> own = MemoryMarshal.Cast<byte, float>(observations).Slice(instance * Elements, Elements);
        own[0] = instance;
        own[1] = episode;
        own[2] = step;
    }
}
