using System.Reflection;
using System.Reflection.Emit;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

public class LearningAgentsTests
{
    [Fact]
    public void A_kind_that_cannot_name_a_group_of_options_is_refused()
    {
        var users = new PersistedAssemblyBuilder(new AssemblyName("Users"), typeof(object).Assembly);
        users.DefineDynamicModule("Users");
        users.SetCustomAttribute(new CustomAttributeBuilder(typeof(LearningAgentAttribute<Dotted>).GetConstructor([])!, []));
        using var file = new MemoryStream();
        users.Save(file);
        var e = Assert.Throws<InvalidOptionException>(() => LearningAgents.Register(Assembly.Load(file.ToArray())));
        Assert.Contains("agent 'tests.Dotted' of Krewe.Tests.LearningAgentsTests+Dotted: expected a kind in snake_case", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(LearningAgents.All, agent => agent is Dotted);
    }

    [Fact]
    public void A_kind_that_is_the_name_of_a_group_of_options_is_refused()
    {
        Assert.Contains(OptionSchema.Of([new Named("replays")]), option => option.Key == "replay.capacity");
        var e = Assert.Throws<InvalidOptionException>(() => OptionSchema.Of([new Named("replay")]));
        Assert.Contains("agent 'replay' of Krewe.Tests.LearningAgentsTests+Named has the name of the options replay.*", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(Sized), "option tests.sizes of Krewe.Tests.LearningAgentsTests+Sized is null by default, expected a value")]
    [InlineData(typeof(Fixed), "option tests.rate of Krewe.Tests.LearningAgentsTests+Fixed cannot be set, expected a property with a setter")]
    [InlineData(typeof(Dated), "option tests.since of Krewe.Tests.LearningAgentsTests+Dated is a System.DateTime, expected bool, int,")]
    [InlineData(typeof(Nameless), "option tests.name of Krewe.Tests.LearningAgentsTests+Nameless is null by default, expected a value")]
    public void An_option_that_cannot_be_read_or_written_is_refused(Type options, string message)
    {
        var e = Assert.Throws<InvalidOptionException>(() => OptionSchema.Of([new Named("tests") { Options = options }]));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    /// <summary>An agent with a dot in its kind.</summary>
    public sealed class Dotted() : Named("tests.Dotted");

    /// <summary>An agent of any kind.</summary>
    public class Named(string kind) : GradientAgent(kind)
    {
        /// <summary>The type of its options; null for none.</summary>
        public Type? Options { get; init; }

        /// <inheritdoc/>
        public override object? CreateOptions() => Options is null ? null : Activator.CreateInstance(Options);

        /// <inheritdoc/>
        public override IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options) => throw new NotSupportedException();
    }

    private sealed class Sized
    {
        [Option("Sizes.")]
        public System.Collections.Immutable.ImmutableArray<int> Sizes { get; set; }
    }

    private sealed class Fixed
    {
        [Option("A rate.")]
        public double Rate { get; } = 1;
    }

    private sealed class Dated
    {
        [Option("A date.")]
        public DateTime Since { get; set; }
    }

    private sealed class Nameless
    {
        [Option("A name.")]
        public string? Name { get; set; }
    }
}
