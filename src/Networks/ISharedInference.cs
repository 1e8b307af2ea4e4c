using Krewe.Contracts;

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
    /// <summary>Copies flat parameters in the order of <see cref="PolicySpec"/> into the layout.</summary>
    void Import(ReadOnlySpan<float> flat);

    /// <summary>Copies parameters that are in the same layout already.</summary>
    /// <returns>False if they are not; nothing has changed then.</returns>
    bool TryCopy(IParameterSource source);
}

/// <summary>A network whose parameters are in the kernels' layout.</summary>
internal interface IKernelNetwork : IParameterSource
{
    /// <summary>The layout; that of two equal specifications is the same.</summary>
    KernelLayout Layout { get; }

    /// <summary>Copies the parameters in the layout.</summary>
    /// <param name="parameters">Receives <see cref="KernelLayout.Length"/> floats.</param>
    void CopyParameters(Span<float> parameters);
}
