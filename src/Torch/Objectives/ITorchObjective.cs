using System.Reflection;
using Krewe.Learner;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// The twin of an <see cref="IObjective"/> in libtorch's operations: the outputs then stay on the device and no update waits for the host.
/// B samples, A actions, W outputs an action. Temporary tensors belong to the caller's dispose scope; no gradient is recorded.
/// </summary>
internal interface ITorchObjective : IDisposable
{
    /// <summary>Evaluates a batch.</summary>
    /// <param name="batch">The batch on the device.</param>
    /// <param name="outputs">The online network's outputs for the actions taken, [B, W].</param>
    /// <param name="passes">The outputs of <see cref="IObjective.Passes"/>, [B, A, W] each.</param>
    TorchEvaluation Evaluate(BatchStage batch, Tensor outputs, ReadOnlySpan<Tensor> passes);
}

/// <summary>What an objective gives for each sample, neither weighted nor averaged.</summary>
/// <param name="Gradients">Gradient of the loss at the outputs, [B, W].</param>
/// <param name="Losses">Losses, [B, 1].</param>
/// <param name="Values">Q(s, a), [B, 1].</param>
/// <param name="Priorities">Priorities, [B, 1].</param>
internal readonly record struct TorchEvaluation(Tensor Gradients, Tensor Losses, Tensor Values, Tensor Priorities);

/// <summary>Marks the twin of an objective. It has a constructor that takes the objective.</summary>
/// <param name="objective">The objective's type.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TwinOfAttribute(Type objective) : Attribute
{
    private static readonly Dictionary<Type, Type> Twins = typeof(TwinOfAttribute).Assembly.GetTypes()
        .SelectMany(type => type.GetCustomAttributes<TwinOfAttribute>().Select(twin => (twin.Objective, type)))
        .ToDictionary(pair => pair.Objective, pair => pair.type);

    /// <summary>The objective's type.</summary>
    public Type Objective => objective;

    /// <summary>Creates the twin of an objective; null when it has none.</summary>
    /// <param name="objective">The objective.</param>
    public static ITorchObjective? Create(IObjective objective) => Twins.TryGetValue(objective.GetType(), out Type? twin)
        ? (ITorchObjective)Activator.CreateInstance(twin, objective)!
        : null;
}
