using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>The state of learners other than a network, such as those of users' agents.</summary>
public class LearnerStateTests
{
    private static readonly TableSpec Table = new(4, 2);

    [Theory]
    [InlineData(7)]
    [InlineData(-7)]
    [InlineData(long.MinValue)]
    public void A_number_of_any_sign_comes_back(long number)
    {
        SafetensorsFile file = LearnerStateFile.FromState(LearnerState.Capture(Table, visitor => Visit(visitor, "mine.seed", ref number)));
        LearnerState back = LearnerStateFile.ToState(file, "test");
        long restored = 0;
        back.Restore(visitor => Visit(visitor, "mine.seed", ref restored));
        Assert.Equal(number, restored);
    }

    [Theory]
    [InlineData("format")]
    [InlineData("network.hidden")]
    [InlineData("table.action_count")]
    public void A_name_that_describes_the_policy_is_refused_when_it_is_captured(string name)
    {
        long number = 1;
        var refused = Assert.Throws<ArgumentException>(() => LearnerState.Capture(Table, visitor => Visit(visitor, name, ref number)));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_of_other_programs_are_ignored()
    {
        long number = 1;
        SafetensorsFile file = LearnerStateFile.FromState(LearnerState.Capture(Table, visitor => Visit(visitor, "mine", ref number)));
        var metadata = new Dictionary<string, string>(file.Metadata, StringComparer.Ordinal) { ["author"] = "somebody" };
        Assert.Equal(["mine"], LearnerStateFile.ToState(new SafetensorsFile(file.Tensors.ToDictionary(), metadata), "test").Numbers.Keys);
    }

    [Fact]
    public void A_table_larger_than_its_file_is_refused_before_memory_is_taken()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "krewe-table-1",
            ["table.observation_count"] = "2000000000",
            ["table.action_count"] = "1",
        };
        var refused = Assert.Throws<InvalidDataFormatException>(
            () => LearnerStateFile.ToState(new SafetensorsFile(ImmutableDictionary<string, StoredTensor>.Empty, metadata), "test"));
        Assert.Contains("2000000000 x 1", refused.Message, StringComparison.Ordinal);
    }

    private static void Visit(IStateVisitor visitor, string name, ref long number)
    {
        visitor.Floats(LearnerState.PolicyPrefix, Table.Tensors);
        visitor.Number(name, ref number);
    }
}
