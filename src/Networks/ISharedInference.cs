namespace Krewe.Networks;

/// <summary>A network that is only evaluated and whose parameters others may use at the same time.</summary>
internal interface ISharedInference : IQNetwork
{
    /// <summary>Makes parameters for any network of the same spec, all zero.</summary>
    IInferenceParameters CreateParameters();

    /// <summary>Computes with these parameters from now on. They must not be written while they are in use.</summary>
    void Use(IInferenceParameters parameters);
}

/// <summary>Parameters in the kernels' layout. Any number of threads may read them while none writes.</summary>
internal interface IInferenceParameters
{
    /// <summary>Takes flat parameters over, in the order of <see cref="PolicySpec"/>.</summary>
    void Import(ReadOnlySpan<float> flat);
}
