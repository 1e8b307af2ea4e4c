using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Steps instances of one environment several at a time in vector registers. Seeding, time limit and automatic resets are those of
/// <see cref="ScalarVectorEnvironment"/>; each instance has its own random stream.
/// </summary>
/// <remarks>
/// The state is float64, one array per state variable (structure of arrays). Episodes rarely end: the loop only tests whether any
/// instance of a vector ended its episode, and then resets these instances one at a time.
/// </remarks>
/// <typeparam name="TKernel">The dynamics.</typeparam>
internal sealed class LaneVectorEnvironment<TKernel> : IResumableVectorEnvironment, IStatefulVectorEnvironment
    where TKernel : struct, ILaneKernel
{
    private readonly string _id;
    private readonly TKernel _kernel;
    private readonly int _widest;
    private readonly int _stride;
    private readonly int _observationLength;
    private readonly double _maxEpisodeSteps;
    private readonly double[] _state;
    private readonly Pcg64[] _streams;

    // The step at which each instance's episode is truncated: one comparison instead of a counter per instance. Doubles, because
    // lanes are doubles; exact up to 2^53.
    private readonly double[] _deadlines;
    private double _now;
    private bool _started;

    /// <summary>Creates the instances with random seeds.</summary>
    /// <param name="id">The environment's id, for error messages.</param>
    /// <param name="kernel">The dynamics.</param>
    /// <param name="count">Number of instances, at least 1.</param>
    /// <param name="maxEpisodeSteps">Number of steps after which an episode is truncated; null for no limit.</param>
    /// <param name="widest">Maximum number of lanes; 8 allows the widest vectors of the hardware. Results are bitwise equal at every width.</param>
    public LaneVectorEnvironment(string id, TKernel kernel, int count, int? maxEpisodeSteps, int widest = 8)
    {
        _widest = widest;
        _id = id;
        _kernel = kernel;
        Count = count;
        // Eight more than needed, so that the state variables of one instance do not map to the same cache set.
        _stride = ((count + 7) & ~7) + 8;
        _observationLength = TKernel.ObservationSpace.Length;
        _maxEpisodeSteps = maxEpisodeSteps ?? double.PositiveInfinity;
        _state = new double[TKernel.StateLength * _stride];
        _deadlines = new double[_stride];
        _streams = new Pcg64[count];
        for (int i = 0; i < count; i++)
        {
            _streams[i] = new Pcg64(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        }
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public Space ObservationSpace => TKernel.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => TKernel.ActionSpace;

    /// <inheritdoc/>
    public int StateLength => TKernel.StateLength;

    /// <inheritdoc/>
    public bool CanSave => true;

    /// <inheritdoc/>
    public void Reset(ulong? seed, Span<byte> observations)
    {
        Span<float> values = MemoryMarshal.Cast<byte, float>(observations)[..(Count * _observationLength)];
        for (int i = 0; i < Count; i++)
        {
            if (seed is { } value)
            {
                _streams[i].Seed(value + (ulong)i);
            }

            ResetInstance(i, ref MemoryMarshal.GetReference(values));
        }

        _started = true;
    }

    /// <inheritdoc/>
    public void Step(ReadOnlySpan<byte> actionBytes, in VectorStep result)
    {
        VectorStepCheck.Sizes(this, actionBytes, result);
        ReadOnlySpan<int> actions = MemoryMarshal.Cast<byte, int>(actionBytes);
        VectorStepCheck.Actions(_id, (long)_now + 1, TKernel.ActionSpace, actions);
        if (!_started)
        {
            throw new EnvironmentFaultException($"{_id}: Step was called before the first Reset");
        }

        _now++;
        result.Rewards.Fill(_kernel.StepReward);
        result.Terminated.Clear();
        result.Truncated.Clear();
        int done = 0;
        if (_widest >= Lanes512.Width && Vector512.IsHardwareAccelerated)
        {
            done = StepRange<Lanes512>(done, actions, result);
        }
        else if (_widest >= Lanes256.Width && Vector256.IsHardwareAccelerated)
        {
            done = StepRange<Lanes256>(done, actions, result);
        }
        else if (_widest >= Lanes128.Width && Vector128.IsHardwareAccelerated)
        {
            done = StepRange<Lanes128>(done, actions, result);
        }

        StepRange<Lanes1>(done, actions, result);
    }

    /// <inheritdoc/>
    public void GetState(int instance, Span<double> state)
    {
        for (int v = 0; v < TKernel.StateLength; v++)
        {
            state[v] = _state[(v * _stride) + instance];
        }
    }

    /// <inheritdoc/>
    public void SetState(int instance, ReadOnlySpan<double> state)
    {
        for (int v = 0; v < TKernel.StateLength; v++)
        {
            _state[(v * _stride) + instance] = state[v];
        }
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_started);
        writer.Write(_now);
        writer.Write(MemoryMarshal.AsBytes<double>(_state));
        writer.Write(MemoryMarshal.AsBytes<double>(_deadlines));
        foreach (Pcg64 stream in _streams)
        {
            stream.State.Write(writer);
        }
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader)
    {
        _started = reader.ReadBoolean();
        _now = reader.ReadDouble();
        reader.ReadExactly(MemoryMarshal.AsBytes(_state.AsSpan()));
        reader.ReadExactly(MemoryMarshal.AsBytes(_deadlines.AsSpan()));
        foreach (Pcg64 stream in _streams)
        {
            stream.State = Pcg64State.Read(reader);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Steps whole vectors of instances, starting at <paramref name="first"/>, and returns the first instance that remains.</summary>
    private int StepRange<T>(int first, ReadOnlySpan<int> actions, in VectorStep result)
        where T : struct, ILanes<T>
    {
        ref double state = ref MemoryMarshal.GetArrayDataReference(_state);
        ref double deadlines = ref MemoryMarshal.GetArrayDataReference(_deadlines);
        ref int action = ref MemoryMarshal.GetReference(actions);
        ref float observations = ref Unsafe.As<byte, float>(ref MemoryMarshal.GetReference(result.Observations));
        T now = T.Create(_now);
        TKernel kernel = _kernel;
        int i = first;
        for (; i <= Count - T.Width; i += T.Width)
        {
            uint terminated = kernel.Step<T>(
                ref Unsafe.Add(ref state, i), _stride, ref Unsafe.Add(ref action, i), ref Unsafe.Add(ref observations, i * _observationLength));
            uint truncated = T.Bits(T.GreaterOrEqual(now, T.Load(ref Unsafe.Add(ref deadlines, i))));
            if ((terminated | truncated) != 0)
            {
                EndEpisodes(i, terminated, truncated, result);
            }
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndEpisodes(int first, uint terminated, uint truncated, in VectorStep result)
    {
        ref float observations = ref Unsafe.As<byte, float>(ref MemoryMarshal.GetReference(result.Observations));
        int bytes = _observationLength * sizeof(float);
        for (uint left = terminated | truncated; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int i = first + lane;
            if ((terminated >> lane & 1) != 0)
            {
                result.Terminated[i] = 1;
                result.Rewards[i] = _kernel.TerminalReward;
            }

            result.Truncated[i] = (byte)(truncated >> lane & 1);
            result.Observations.Slice(i * bytes, bytes).CopyTo(result.FinalObservations[(i * bytes)..]);
            ResetInstance(i, ref observations);
        }
    }

    private void ResetInstance(int i, ref float observations)
    {
        _deadlines[i] = _now + _maxEpisodeSteps;
        _kernel.Reset(_streams[i], ref _state[i], _stride, ref Unsafe.Add(ref observations, i * _observationLength));
    }
}
