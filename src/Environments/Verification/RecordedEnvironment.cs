using System.Runtime.InteropServices;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>The environment named in a line, shared by all lines with the same id and arguments, with a buffer for its observation.</summary>
internal sealed class RecordedEnvironment : IDisposable
{
    private readonly byte[] _observation;
    private readonly DiscreteSpace _actions;

    private RecordedEnvironment(RecordedLine line, EnvironmentRegistry registry)
    {
        Id = line.Text("env");
        try
        {
            Dictionary<string, JsonElement> arguments = Arguments(line);
            Environment = registry.Make(Id, arguments);
            _actions = Environment.ActionSpace as DiscreteSpace
                ?? throw line.Error($"{Id} has the actions {Environment.ActionSpace}, expected discrete ones: recordings hold one number a step");
            Vector = VectorStepVerifier.TryCreate(registry, Id, arguments);
        }
        catch (InvalidOptionException e)
        {
            throw line.Error(e.Message, e);
        }

        Stateful = Environment.Find<IStatefulEnvironment>();
        Tabular = Environment.Find<TabularEnvironment>();
        ActionMask = Environment.Find<IActionMask>();
        _observation = new byte[Environment.ObservationSpace.ByteSize];
    }

    public string Id { get; }

    public IEnvironment Environment { get; }

    public IStatefulEnvironment? Stateful { get; }

    public TabularEnvironment? Tabular { get; }

    public IActionMask? ActionMask { get; }

    public VectorStepVerifier? Vector { get; }

    public Span<byte> Observation => _observation;

    /// <summary>Returns the environment of a line and creates it if necessary.</summary>
    /// <param name="line">The line.</param>
    /// <param name="registry">Creates the environment.</param>
    /// <param name="made">The environments created so far, by id and arguments.</param>
    public static RecordedEnvironment For(RecordedLine line, EnvironmentRegistry registry, Dictionary<string, RecordedEnvironment> made)
    {
        string key = line.Text("env") + (line.Has("kwargs") ? line.Required("kwargs").GetRawText() : "{}");
        if (!made.TryGetValue(key, out RecordedEnvironment? environment))
        {
            made[key] = environment = new RecordedEnvironment(line, registry);
        }

        return environment;
    }

    /// <summary>Compares the observation with a recorded one.</summary>
    public bool Compare(RecordedLine line, string field, Comparison comparison)
    {
        double[] expected = line.Numbers(field, Environment.ObservationSpace.Length);
        if (Environment.ObservationSpace is DiscreteSpace)
        {
            return comparison.Number(field, expected[0], MemoryMarshal.Read<int>(_observation));
        }

        return Environment.ObservationSpace.ElementType == ElementType.Float32
            ? comparison.Observation(field, expected, MemoryMarshal.Cast<byte, float>(_observation))
            : comparison.State(field, expected, [.. _observation.Select(x => (double)x)]);
    }

    /// <summary>Compares the state with a recorded one.</summary>
    public bool CompareState(RecordedLine line, string field, Comparison comparison)
    {
        Span<double> state = stackalloc double[Stateful!.StateLength];
        Stateful.GetState(state);
        return comparison.State(field, line.Numbers(field, Stateful.StateLength), state);
    }

    /// <summary>Compares the action mask with a recorded one.</summary>
    public bool CompareActionMask(RecordedLine line, string field, Comparison comparison)
    {
        if (ActionMask is null || !line.Has(field))
        {
            return true;
        }

        Span<byte> mask = stackalloc byte[_actions.N];
        ActionMask.GetActionMask(mask);
        double[] expected = line.Numbers(field, mask.Length);
        for (int i = 0; i < mask.Length; i++)
        {
            if (!comparison.Number($"{field}[{i}]", expected[i], mask[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Sets the state to a recorded one.</summary>
    public void SetState(RecordedLine line, string field)
    {
        double[] state = line.Numbers(field, Stateful!.StateLength);
        try
        {
            Stateful.SetState(state);
        }
        catch (ArgumentException e)
        {
            throw line.Error($"{line.Place}{field} is not a state of {Id}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        Environment.Dispose();
        Vector?.Dispose();
    }

    private static Dictionary<string, JsonElement> Arguments(RecordedLine line)
    {
        var arguments = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (line.Has("kwargs"))
        {
            JsonElement kwargs = line.Required("kwargs");
            if (kwargs.ValueKind != JsonValueKind.Object)
            {
                throw line.Wrong("kwargs", "an object");
            }

            foreach (JsonProperty property in kwargs.EnumerateObject())
            {
                // Rendering does not affect the recorded values.
                if (property.Name != "render_mode")
                {
                    arguments[property.Name] = property.Value.Clone();
                }
            }
        }

        return arguments;
    }
}
