namespace Krewe.Learner;

/// <summary>Names a type of the assembly that is an <see cref="ILearningAgent"/>.</summary>
/// <typeparam name="T">The type.</typeparam>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class LearningAgentAttribute<T> : LearningAgentAttribute
    where T : ILearningAgent, new()
{
    /// <inheritdoc/>
    public override ILearningAgent Create() => new T();
}

/// <summary>Names a type of the assembly that is an <see cref="ILearningAgent"/>; use <see cref="LearningAgentAttribute{T}"/>.</summary>
public abstract class LearningAgentAttribute : Attribute
{
    private protected LearningAgentAttribute()
    {
    }

    /// <summary>Whether runs that name no agent use it; one agent of Krewe's own is.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Creates the agent.</summary>
    public abstract ILearningAgent Create();
}
