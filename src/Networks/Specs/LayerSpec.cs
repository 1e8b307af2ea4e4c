namespace Krewe.Networks;

/// <summary>Which part of a network a fully connected layer belongs to.</summary>
public enum LayerRole
{
    /// <summary>The whole network.</summary>
    Trunk,

    /// <summary>The stream that ends in the state's value.</summary>
    Value,

    /// <summary>The stream that ends in the actions' advantages.</summary>
    Advantage,
}

/// <summary>One fully connected layer and its place in the flat parameter array.</summary>
/// <param name="Index">0 for the first layer of its role.</param>
/// <param name="Inputs">Inputs of the layer.</param>
/// <param name="Outputs">Outputs of the layer.</param>
/// <param name="WeightOffset">Where the weight [Outputs, Inputs], row-major, starts.</param>
public readonly record struct LayerSpec(int Index, int Inputs, int Outputs, int WeightOffset)
{
    /// <summary>The part of the network that it belongs to.</summary>
    public LayerRole Role { get; init; }

    /// <summary>Whether layer normalization follows the layer.</summary>
    public bool HasNorm { get; init; }

    /// <summary>Where the bias [Outputs] starts.</summary>
    public int BiasOffset => WeightOffset + (Inputs * Outputs);

    /// <summary>Where the normalization's gain [Outputs] starts, followed by its bias [Outputs].</summary>
    public int NormOffset => BiasOffset + Outputs;

    /// <summary>Where the next layer starts.</summary>
    public int End => NormOffset + (HasNorm ? 2 * Outputs : 0);

    /// <summary>Its name in checkpoints: the index, behind the stream's name if it belongs to one.</summary>
    public string Name => Role switch
    {
        LayerRole.Value => $"value.{Index}",
        LayerRole.Advantage => $"advantage.{Index}",
        _ => $"{Index}",
    };
}
