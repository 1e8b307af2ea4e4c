namespace Krewe.Networks;

/// <summary>Which part of a network a fully connected layer belongs to.</summary>
public enum LayerRole
{
    /// <summary>The shared layers; without dueling, all layers.</summary>
    Trunk,

    /// <summary>The stream of the state value.</summary>
    Value,

    /// <summary>The stream of the action advantages.</summary>
    Advantage,
}

/// <summary>One fully connected layer and its offsets in the flat parameter array.</summary>
/// <param name="Index">0 for the first layer of its role.</param>
/// <param name="Inputs">Number of inputs.</param>
/// <param name="Outputs">Number of outputs.</param>
/// <param name="WeightOffset">Offset of the weight [Outputs, Inputs], row-major.</param>
public readonly record struct LayerSpec(int Index, int Inputs, int Outputs, int WeightOffset)
{
    /// <summary>The part of the network that the layer belongs to.</summary>
    public LayerRole Role { get; init; }

    /// <summary>Whether layer normalization follows the layer.</summary>
    public bool HasNorm { get; init; }

    /// <summary>Offset of the bias [Outputs].</summary>
    public int BiasOffset => WeightOffset + (Inputs * Outputs);

    /// <summary>Offset of the normalization's gain [Outputs], followed by its bias [Outputs].</summary>
    public int NormOffset => BiasOffset + Outputs;

    /// <summary>Offset of the next layer.</summary>
    public int End => NormOffset + (HasNorm ? 2 * Outputs : 0);

    /// <summary>Its name in checkpoints: the index, after the name of its stream if there is one.</summary>
    public string Name => Role switch
    {
        LayerRole.Value => $"value.{Index}",
        LayerRole.Advantage => $"advantage.{Index}",
        _ => $"{Index}",
    };
}
