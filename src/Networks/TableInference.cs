using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>Looks values up in a table. Not thread-safe: one caller at a time.</summary>
internal sealed class TableInference(TableSpec spec) : ISharedInference
{
    private Table _table = new(spec);

    public PolicySpec Spec => spec;

    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues)
    {
        Shapes.RequireForward(spec, observations, count, qValues.Length, spec.ActionCount);
        ReadOnlySpan<int> rows = MemoryMarshal.Cast<byte, int>(observations)[..count];
        for (int i = 0; i < rows.Length; i++)
        {
            _table.Values.AsSpan(rows[i] * spec.ActionCount, spec.ActionCount).CopyTo(qValues[(i * spec.ActionCount)..]);
        }
    }

    public void ReadParameters(Span<float> parameters)
    {
        Shapes.RequireParameters(spec, parameters.Length);
        _table.Values.CopyTo(parameters);
    }

    public void WriteParameters(ReadOnlySpan<float> parameters)
    {
        Shapes.RequireParameters(spec, parameters.Length);
        _table = new Table(spec);
        _table.Import(parameters);
    }

    public IInferenceParameters CreateParameters() => new Table(spec);

    public void Use(IInferenceParameters parameters) => _table = (Table)parameters;

    /// <summary>Does nothing: all memory is garbage-collected.</summary>
    public void Dispose()
    {
    }

    private sealed class Table(TableSpec spec) : IInferenceParameters
    {
        public float[] Values { get; } = new float[spec.ParameterCount];

        public void Import(ReadOnlySpan<float> flat) => flat.CopyTo(Values);

        public bool TryCopy(IParameterSource source)
        {
            // A table is in the flat order.
            source.ReadParameters(Values);
            return true;
        }
    }
}
