using Xunit.Abstractions;
using Xunit.Sdk;

namespace Krewe.Cluster.ProcessTests.Chaos;

/// <summary>The number of a fact in its class, for facts that are one story.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StepAttribute(int number) : Attribute
{
    public int Number { get; } = number;
}

/// <summary>Runs facts by their <see cref="StepAttribute"/>.</summary>
public sealed class InOrder : ITestCaseOrderer
{
    public const string Type = "Krewe.Cluster.ProcessTests.Chaos.InOrder";

    public const string Assembly = "Krewe.Cluster.ProcessTests";

    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase => testCases.OrderBy(test => test.TestMethod.Method
            .GetCustomAttributes(typeof(StepAttribute).AssemblyQualifiedName!).Single().GetNamedArgument<int>(nameof(StepAttribute.Number)));
}
