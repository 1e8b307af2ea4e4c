using System.Collections.Immutable;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>Visits the parts of a learner that has several of a kind.</summary>
public static class StateVisitorExtensions
{
    /// <summary>A visitor for one part, under whose name its tensors and numbers are kept.</summary>
    /// <param name="visitor">The visitor of the whole.</param>
    /// <param name="name">The part's name, for example <c>critic.0</c>; not that of the network whose parameters are the policy.</param>
    public static IStateVisitor Of(this IStateVisitor visitor, string name) => new Part(visitor, name);

    private sealed class Part(IStateVisitor visitor, string name) : IStateVisitor
    {
        public bool IsRestoring => visitor.IsRestoring;

        public float[] Floats(string prefix, ImmutableArray<TensorSpec> tensors) => visitor.Floats($"{name}.{prefix}", tensors);

        public void Number(string number, ref long value, long least) => visitor.Number($"{name}.{number}", ref value, least);
    }
}
