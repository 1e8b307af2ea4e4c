using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Checkpoints of networks that the managed trainer cannot create but must be able to read.</summary>
public class SpecialNetworkStateTests
{
    private static readonly NetworkSpec Spec = new(
        ElementType.UInt8,
        observationLength: 2 * 9 * 8,
        inputWidth: 2 * 9 * 8,
        new NetworkArchitecture([5]) { Convolutions = [new(3, 4, 2), new(2, 2, 1)], LayerNorm = true, Dueling = true },
        actionCount: 3,
        new ImageShape(2, 9, 8));

    [Fact]
    public void A_state_with_convolutions_norms_and_streams_comes_back_whole()
    {
        var state = new NetworkState(Spec) { OptimizerSteps = 12 };
        for (int i = 0; i < Spec.ParameterCount; i++)
        {
            state.Online[i] = i;
            state.Target[i] = -i;
            state.FirstMoment[i] = 0.5f * i;
            state.SecondMoment[i] = 2f * i;
        }

        NetworkState back = new(LearnerStateFile.ToState(LearnerStateFile.FromState(state.ToState()), "test"));
        Assert.Equal(Spec, back.Spec);
        Assert.Equal(state.Online, back.Online);
        Assert.Equal(state.Target, back.Target);
        Assert.Equal(state.FirstMoment, back.FirstMoment);
        Assert.Equal(state.SecondMoment, back.SecondMoment);
        Assert.Equal(12, back.OptimizerSteps);
    }

    [Theory]
    [InlineData("network.image", "2x9")]
    [InlineData("network.image", "2x9x7")]
    [InlineData("network.image", "30000x30000x30000")]
    [InlineData("network.convolutions", "3x4")]
    [InlineData("network.convolutions", "3x40/2")]
    [InlineData("network.layer_norm", "yes")]
    [InlineData("network.dueling", "1")]
    public void Wrong_metadata_are_refused_with_the_files_name(string key, string value)
    {
        SafetensorsFile file = LearnerStateFile.FromState(new NetworkState(Spec).ToState());
        var metadata = new Dictionary<string, string>(file.Metadata, StringComparer.Ordinal) { [key] = value };
        var damaged = new SafetensorsFile(file.Tensors.ToDictionary(), metadata);
        var refusal = Assert.Throws<InvalidDataFormatException>(() => LearnerStateFile.ToState(damaged, "some.safetensors"));
        Assert.Contains("'some.safetensors'", refusal.Message, StringComparison.Ordinal);
    }
}
