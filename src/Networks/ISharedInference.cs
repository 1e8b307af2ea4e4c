namespace Krewe.Networks;

/// <summary>An inference-only network that can share its parameters with other networks.</summary>
internal interface ISharedInference : IQNetwork
{
    /// <summary>Creates parameters of zero for any network of the same specification.</summary>
    IInferenceParameters CreateParameters();

    /// <summary>Uses these parameters from now on. They must not be written while they are in use.</summary>
    void Use(IInferenceParameters parameters);
}

/// <summary>Parameters in the kernels' layout. Any number of threads may read them while none writes.</summary>
internal interface IInferenceParameters
{
    /// <summary>Copies flat parameters in the order of <see cref="NetworkSpec"/> into the layout.</summary>
    void Import(ReadOnlySpan<float> flat);
}
