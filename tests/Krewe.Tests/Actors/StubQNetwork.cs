using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>A Q-network whose values the test computes from a float observation and the last parameters written.</summary>
internal sealed class StubQNetwork(int observationLength, int actions, Action<float[], ReadOnlyMemory<float>, Memory<float>> q) : IQNetwork
{
    private float[] _parameters = [];

    public PolicySpec Spec { get; } = new NetworkSpec(ElementType.Float32, observationLength, observationLength, [], actions);

    public int Forwards { get; private set; }

    public bool Disposed { get; private set; }

    /// <summary>Creates a network with the same values for every observation.</summary>
    public static StubQNetwork Constant(int observationLength, params float[] values) =>
        new(observationLength, values.Length, (_, _, row) => values.CopyTo(row));

    /// <summary>Creates a network that prefers the action given by the first parameter, modulo the number of actions.</summary>
    public static StubQNetwork NamedByParameter(int observationLength, int actions) =>
        new(observationLength, actions, (parameters, _, row) => row.Span[(int)parameters[0] % actions] = 1);

    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues)
    {
        Assert.Equal(count * Spec.ObservationBytes, observations.Length);
        Assert.Equal(count * Spec.ActionCount, qValues.Length);
        Forwards++;
        float[] all = MemoryMarshal.Cast<byte, float>(observations).ToArray();
        var row = new float[Spec.ActionCount];
        for (int i = 0; i < count; i++)
        {
            Array.Clear(row);
            q(_parameters, all.AsMemory(i * Spec.ObservationLength, Spec.ObservationLength), row);
            row.CopyTo(qValues[(i * row.Length)..]);
        }
    }

    public void ReadParameters(Span<float> parameters) => _parameters.CopyTo(parameters);

    public void WriteParameters(ReadOnlySpan<float> parameters) => _parameters = parameters.ToArray();

    public void Dispose() => Disposed = true;
}
