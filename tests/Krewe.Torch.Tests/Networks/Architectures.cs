using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Torch.Tests;

/// <summary>Networks with every kind of layer beside the plain ones, small enough for slow arithmetic.</summary>
internal static class Architectures
{
    public static readonly (string Name, NetworkSpec Spec)[] All =
    [
        ("layer norm", Dense(ElementType.Float32, 5, new NetworkArchitecture([7, 6]) { LayerNorm = true }, 3)),
        ("dueling", Dense(ElementType.Float32, 5, new NetworkArchitecture([7, 6]) { Dueling = true }, 3)),
        ("dueling without a hidden layer", Dense(ElementType.Float32, 4, new NetworkArchitecture([]) { Dueling = true }, 2)),
        ("dueling on indices", Dense(ElementType.Int32, 9, new NetworkArchitecture([6]) { Dueling = true }, 4)),
        ("layer norm on indices", Dense(ElementType.Int32, 9, new NetworkArchitecture([6, 5]) { LayerNorm = true }, 4)),
        ("dueling with layer norm on bytes", Dense(ElementType.UInt8, 11, new NetworkArchitecture([6, 5]) { Dueling = true, LayerNorm = true }, 2)),
        ("convolutions on bytes", Image(ElementType.UInt8, new ImageShape(2, 12, 10), new NetworkArchitecture([8]) { Convolutions = [new(4, 4, 2), new(5, 3, 1)] })),
        ("convolutions on floats, no hidden layer", Image(ElementType.Float32, new ImageShape(1, 7, 9), new NetworkArchitecture([]) { Convolutions = [new(3, 3, 2)] })),
        ("convolutions, layer norm and dueling", Image(ElementType.UInt8, new ImageShape(3, 9, 9), new NetworkArchitecture([6]) { Convolutions = [new(4, 3, 2), new(3, 2, 1)], LayerNorm = true, Dueling = true })),
    ];

    public static TheoryData<string> Names() => [.. All.Select(one => one.Name)];

    public static NetworkSpec Get(string name) => All.Single(one => one.Name == name).Spec;

    private static NetworkSpec Dense(ElementType type, int inputs, NetworkArchitecture architecture, int actions) =>
        new(type, type == ElementType.Int32 ? 1 : inputs, inputs, architecture, actions, image: null);

    private static NetworkSpec Image(ElementType type, ImageShape image, NetworkArchitecture architecture) =>
        new(type, image.Length, image.Length, architecture, actionCount: 3, image);
}
