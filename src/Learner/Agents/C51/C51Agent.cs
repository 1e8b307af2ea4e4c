using System.Globalization;
using Krewe.Contracts;
using Krewe.Networks;

[assembly: Krewe.Learner.LearningAgent<Krewe.Learner.C51Agent>]

namespace Krewe.Learner;

/// <summary>
/// Categorical DQN: M. G. Bellemare, W. Dabney and R. Munos, "A distributional perspective on reinforcement learning" (2017).
/// </summary>
public sealed class C51Agent() : GradientAgent("c51")
{
    /// <inheritdoc/>
    public override object CreateOptions() => new C51Options();

    /// <inheritdoc/>
    protected override HeadSpec Head(object? options)
    {
        var own = (C51Options)options!;
        return (float)own.VMin < (float)own.VMax
            ? HeadSpec.Categorical(own.Atoms, (float)own.VMin, (float)own.VMax)
            : throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture, $"c51.v_min is {own.VMin} and c51.v_max {own.VMax}, expected v_min below v_max, as float32"));
    }

    /// <inheritdoc/>
    public override IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options) => new C51Objective(network.Head);
}
