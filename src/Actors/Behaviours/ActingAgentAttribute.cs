namespace Krewe.Actors;

/// <summary>Names a type of the assembly that is an <see cref="IActingAgent"/>.</summary>
/// <typeparam name="T">The type.</typeparam>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class ActingAgentAttribute<T> : ActingAgentAttribute
    where T : IActingAgent, new()
{
    /// <inheritdoc/>
    public override IActingAgent Create() => new T();
}

/// <summary>Names a type of the assembly that is an <see cref="IActingAgent"/>; use <see cref="ActingAgentAttribute{T}"/>.</summary>
public abstract class ActingAgentAttribute : Attribute
{
    private protected ActingAgentAttribute()
    {
    }

    /// <summary>Creates the agent.</summary>
    public abstract IActingAgent Create();
}
