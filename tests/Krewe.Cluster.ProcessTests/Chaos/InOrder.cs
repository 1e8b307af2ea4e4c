using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Krewe.Cluster.ProcessTests;

/// <summary>The position of a fact in its class, for facts that depend on each other.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StepAttribute(int number) : Attribute
{
    public int Number { get; } = number;
}

/// <summary>Orders facts by their <see cref="StepAttribute"/>.</summary>
public sealed class InOrder : ITestMethodOrderer
{
    public IReadOnlyCollection<TTestMethod?> OrderTestMethods<TTestMethod>(IReadOnlyCollection<TTestMethod?> testMethods)
        where TTestMethod : notnull, ITestMethod =>
        [.. testMethods.OrderBy(method => method is IXunitTestMethod { Method: var named } ? named.GetCustomAttribute<StepAttribute>()!.Number : int.MaxValue)];
}
