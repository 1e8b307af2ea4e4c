using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>The complete state of a network in training, as flat arrays in the order of <see cref="NetworkSpec"/>.</summary>
public sealed class QNetworkState
{
    /// <summary>Allocates a state of zeros.</summary>
    /// <param name="spec">The network.</param>
    public QNetworkState(NetworkSpec spec)
    {
        Spec = spec;
        Online = new float[spec.ParameterCount];
        Target = new float[spec.ParameterCount];
        FirstMoment = new float[spec.ParameterCount];
        SecondMoment = new float[spec.ParameterCount];
    }

    /// <summary>The network.</summary>
    public NetworkSpec Spec { get; }

    /// <summary>Parameters of the online network.</summary>
    public float[] Online { get; }

    /// <summary>Parameters of the target network.</summary>
    public float[] Target { get; }

    /// <summary>Adam's first moment.</summary>
    public float[] FirstMoment { get; }

    /// <summary>Adam's second moment.</summary>
    public float[] SecondMoment { get; }

    /// <summary>Number of steps that the optimizer has taken (Adam's t).</summary>
    public long OptimizerSteps { get; set; }
}
