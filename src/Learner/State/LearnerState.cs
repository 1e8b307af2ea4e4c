using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// The state of a learner: what its policies are made of, named tensors and numbers. Captured by <see cref="Capture"/> or read from a file
/// by <see cref="LearnerStateFile"/>.
/// </summary>
public sealed class LearnerState
{
    /// <summary>The prefix of the parameters in training, from which actors act.</summary>
    public const string PolicyPrefix = "online";

    /// <summary>The prefix of their average over time, for learners that keep one.</summary>
    public const string AveragePrefix = "average";

    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, StoredTensor> _stored;
    private readonly string _source;

    /// <summary>Creates a state without tensors.</summary>
    /// <param name="policy">What the learner's policies are made of.</param>
    public LearnerState(PolicySpec policy)
        : this(policy, ImmutableDictionary<string, StoredTensor>.Empty, "the state")
    {
    }

    internal LearnerState(PolicySpec policy, IReadOnlyDictionary<string, StoredTensor> stored, string source)
    {
        Policy = policy;
        _stored = stored;
        _source = source;
    }

    /// <summary>What the learner's policies are made of.</summary>
    public PolicySpec Policy { get; }

    /// <summary>
    /// The parameters of the policy that is evaluated and kept, in the order of <see cref="PolicySpec.Tensors"/>: the average where the learner
    /// keeps one (<see cref="LearnerOptions.AverageTau"/>), or else those in training.
    /// </summary>
    /// <exception cref="InvalidDataFormatException">The state has none.</exception>
    public float[] Parameters => Find(HasAverage ? AveragePrefix : PolicyPrefix, Policy.Tensors);

    /// <summary>The numbers by name.</summary>
    public IReadOnlyDictionary<string, long> Numbers => _numbers;

    /// <summary>Copies a learner's state.</summary>
    /// <param name="policy">What its policies are made of.</param>
    /// <param name="visit">The visit of the learner, or of a part of it.</param>
    public static LearnerState Capture(PolicySpec policy, Action<IStateVisitor> visit)
    {
        var state = new LearnerState(policy);
        visit(new Visitor(state, isRestoring: false));
        return state;
    }

    /// <summary>Replaces a learner's state by this one.</summary>
    /// <param name="visit">The visit of the learner, or of a part of it.</param>
    /// <exception cref="InvalidDataFormatException">The state is that of another learner; the message names what is missing.</exception>
    public void Restore(Action<IStateVisitor> visit) => visit(new Visitor(this, isRestoring: true));

    /// <summary>All tensors by full name: those read from a file, or those captured, in the order of the visit.</summary>
    internal IReadOnlyDictionary<string, StoredTensor> ToTensors() => _stored.Count > 0 ? _stored : new Dictionary<string, StoredTensor>(
        from entry in _groups
        from tensor in entry.Value.Tensors
        select KeyValuePair.Create(
            $"{entry.Key}.{tensor.Name}",
            StoredTensor.FromFloats(entry.Value.Values.AsSpan(tensor.Offset, tensor.Length), tensor.Shape.AsSpan())));

    private bool HasAverage => _groups.ContainsKey(AveragePrefix) || _stored.Keys.Any(name => name.StartsWith($"{AveragePrefix}.", StringComparison.Ordinal));

    internal void SetNumber(string name, long value) => _numbers[name] = value;

    private static int LengthOf(ImmutableArray<TensorSpec> tensors) => tensors[^1].Offset + tensors[^1].Length;

    private float[] Find(string prefix, ImmutableArray<TensorSpec> tensors)
    {
        if (_groups.TryGetValue(prefix, out Group? group))
        {
            return group.Tensors.AsSpan().SequenceEqual(tensors.AsSpan(), TensorComparer.Instance)
                ? group.Values
                : throw Fault($"the tensors '{prefix}' are those of another network");
        }

        var values = new float[LengthOf(tensors)];
        foreach (TensorSpec tensor in tensors)
        {
            Read($"{prefix}.{tensor.Name}", tensor.Shape, values.AsSpan(tensor.Offset, tensor.Length));
        }

        _groups.Add(prefix, new Group(tensors, values));
        return values;
    }

    private void Read(string name, ImmutableArray<long> shape, Span<float> values)
    {
        if (!_stored.TryGetValue(name, out StoredTensor? tensor))
        {
            throw Fault($"tensor '{name}' is missing");
        }

        if (tensor.Type != TensorType.F32 || !tensor.Shape.AsSpan().SequenceEqual(shape.AsSpan()))
        {
            throw Fault($"tensor '{name}' is {tensor.Type} [{string.Join(", ", tensor.Shape)}], expected F32 [{string.Join(", ", shape)}]");
        }

        tensor.CopyTo(values);
    }

    private InvalidDataFormatException Fault(string what) => LearnerStateFile.Fault(_source, what);

    private sealed record Group(ImmutableArray<TensorSpec> Tensors, float[] Values);

    private sealed class TensorComparer : IEqualityComparer<TensorSpec>
    {
        public static readonly TensorComparer Instance = new();

        public bool Equals(TensorSpec? x, TensorSpec? y) => x?.Name == y?.Name && x!.Shape.AsSpan().SequenceEqual(y!.Shape.AsSpan());

        public int GetHashCode(TensorSpec tensor) => tensor.Name.GetHashCode(StringComparison.Ordinal);
    }

    private sealed class Visitor(LearnerState state, bool isRestoring) : IStateVisitor
    {
        public bool IsRestoring => isRestoring;

        public float[] Floats(string prefix, ImmutableArray<TensorSpec> tensors)
        {
            if (isRestoring)
            {
                return state.Find(prefix, tensors);
            }

            var group = new Group(tensors, new float[LengthOf(tensors)]);
            state._groups.Add(prefix, group);
            return group.Values;
        }

        public void Number(string name, ref long value, long least)
        {
            if (LearnerStateFile.IsReserved(name))
            {
                throw new ArgumentException($"a number of a learner's state is called '{name}', which describes the policy: expected another name", nameof(name));
            }

            if (!isRestoring)
            {
                state._numbers.Add(name, value);
            }
            else if (!state._numbers.TryGetValue(name, out value))
            {
                throw state.Fault($"metadata '{name}' is missing");
            }
            else if (value < least)
            {
                throw state.Fault(FormattableString.Invariant($"metadata '{name}' is {value}, expected at least {least}"));
            }
        }
    }
}
