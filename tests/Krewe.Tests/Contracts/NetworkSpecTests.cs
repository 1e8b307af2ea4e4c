using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

public class NetworkSpecTests
{
    private static readonly BoxSpace Frames = new(low: 0, high: 255, shape: [4, 84, 84], ElementType.UInt8);

    [Fact]
    public void The_network_of_Mnih_et_al_2015_has_1_686_180_parameters_for_four_actions()
    {
        var spec = new NetworkSpec(Frames, new NetworkArchitecture([512]) { Convolutions = ConvolutionShape.Nature }, actionCount: 4);
        Assert.Equal(1_686_180, spec.ParameterCount);
        Assert.Equal([new(32, 20, 20), new(64, 9, 9), new ImageShape(64, 7, 7)], spec.Convolutions.Select(layer => layer.Output));
        Assert.Equal(3136, spec.Layers[0].Inputs);
        Assert.Equal("4x84x84-32x8/4-64x4/2-64x3/1-512-4", spec.ToString());
    }

    [Fact]
    public void A_dueling_network_has_the_last_hidden_layer_and_the_output_twice()
    {
        var spec = new NetworkSpec(ElementType.Float32, 4, 4, new NetworkArchitecture([32, 16]) { Dueling = true }, actionCount: 3, image: null);
        Assert.Equal(
            ["0.weight", "0.bias", "value.0.weight", "value.0.bias", "value.1.weight", "value.1.bias", "advantage.0.weight", "advantage.0.bias", "advantage.1.weight", "advantage.1.bias"],
            spec.Tensors.Select(tensor => tensor.Name));
        Assert.Equal((4 * 32) + 32 + (2 * ((32 * 16) + 16)) + 16 + 1 + (16 * 3) + 3, spec.ParameterCount);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    public void Tensors_fill_the_flat_array_without_gaps(bool convolutions, bool layerNorm, bool dueling)
    {
        var architecture = new NetworkArchitecture([20, 10]) { LayerNorm = layerNorm, Dueling = dueling, Convolutions = convolutions ? [new(3, 8, 4), new(2, 3, 2)] : [] };
        var spec = new NetworkSpec(Frames, architecture, actionCount: 5);
        int at = 0;
        foreach (TensorSpec tensor in spec.Tensors)
        {
            Assert.Equal(at, tensor.Offset);
            at += tensor.Length;
        }

        Assert.Equal(spec.ParameterCount, at);
        Assert.Equal(spec.Tensors.Length, spec.Tensors.Select(tensor => tensor.Name).Distinct().Count());
    }

    [Fact]
    public void Networks_are_equal_when_all_of_their_layers_are()
    {
        NetworkSpec[] different =
        [
            Make(new NetworkArchitecture([8])),
            Make(new NetworkArchitecture([9])),
            Make(new NetworkArchitecture([8]) { LayerNorm = true }),
            Make(new NetworkArchitecture([8]) { Dueling = true }),
            Make(new NetworkArchitecture([8]) { Convolutions = [new(4, 8, 4)] }),
            Make(new NetworkArchitecture([8]) { Convolutions = [new(4, 8, 2)] }),
        ];
        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.Equal(different, different.Select(spec => Make(spec.Architecture with { })));

        static NetworkSpec Make(NetworkArchitecture architecture) => new(Frames, architecture, actionCount: 2);
    }

    [Fact]
    public void Convolutions_without_an_image_or_larger_than_it_are_refused()
    {
        var architecture = new NetworkArchitecture([8]) { Convolutions = [new(4, 85, 1)] };
        Assert.Contains("does not fit into an image of 4x84x84", Assert.Throws<ArgumentException>(() => new NetworkSpec(Frames, architecture, 2)).Message, StringComparison.Ordinal);
        var vector = new BoxSpace(low: 0, high: 1, shape: [4]);
        Assert.Contains("convolutions need images", Assert.Throws<ArgumentException>(() => new NetworkSpec(vector, architecture, 2)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("32x8/4,64x4/2,64x3/1", true)]
    [InlineData(" 32x8/4 , 64x4/2 ", true)]
    [InlineData("", true)]
    [InlineData("32x8", false)]
    [InlineData("32/8x4", false)]
    [InlineData("0x8/4", false)]
    [InlineData("32x8/-1", false)]
    [InlineData("32x8/4097", false)]
    [InlineData("x8/4", false)]
    public void Convolutions_are_read_as_filters_kernel_and_stride(string text, bool isRight)
    {
        Assert.Equal(isRight, ConvolutionShape.TryParse(text, out ImmutableArray<ConvolutionShape> shapes));
        if (isRight)
        {
            Assert.Equal(text.Replace(" ", ""), string.Join(',', shapes));
        }
    }
}
