using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>The state of a network as flat arrays, to write and to compare.</summary>
internal sealed class NetworkState
{
    public NetworkState(NetworkSpec spec)
    {
        Spec = spec;
        Online = new float[spec.ParameterCount];
        Target = new float[spec.ParameterCount];
        FirstMoment = new float[spec.ParameterCount];
        SecondMoment = new float[spec.ParameterCount];
    }

    public NetworkState(LearnerState state)
        : this((NetworkSpec)state.Policy)
    {
        state.Restore(Visit);
    }

    public NetworkSpec Spec { get; }

    public float[] Online { get; private set; }

    public float[] Target { get; private set; }

    public float[] FirstMoment { get; private set; }

    public float[] SecondMoment { get; private set; }

    public long OptimizerSteps { get; set; }

    /// <summary>The state as a learner's.</summary>
    public LearnerState ToState() => LearnerState.Capture(Spec, Visit);

    public static NetworkState Of(INetwork network) => new(LearnerState.Capture(network.Spec, network.Visit));

    private void Visit(IStateVisitor visitor)
    {
        Online = Exchange("online", Online);
        Target = Exchange("target", Target);
        FirstMoment = Exchange("adam.exp_avg", FirstMoment);
        SecondMoment = Exchange("adam.exp_avg_sq", SecondMoment);
        long steps = OptimizerSteps;
        visitor.Number("adam.step", ref steps, least: 0);
        OptimizerSteps = steps;

        float[] Exchange(string prefix, float[] mine)
        {
            float[] values = visitor.Floats(prefix, Spec.Tensors);
            if (!visitor.IsRestoring)
            {
                mine.CopyTo(values, 0);
            }

            return visitor.IsRestoring ? [.. values] : mine;
        }
    }
}
