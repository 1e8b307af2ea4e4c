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

    /// <summary>An agent with a dot in its kind.</summary>
    public sealed class Dotted() : Named("tests.Dotted");

    /// <summary>An agent of any kind.</summary>
    public class Named(string kind) : GradientAgent(kind)
    {
        /// <inheritdoc/>
        public override IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options) => throw new NotSupportedException();
    }
}
