using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// The state of one instance of a <see cref="ScalarVectorEnvironment"/>: that of the environment, of its random stream, and of Krewe's own
/// wrappers around it. A wrapper of a user's may have a state of its own, and hides the random stream: it cannot be saved.
/// </summary>
internal static class InstanceState
{
    /// <summary>Whether an instance can be saved.</summary>
    public static bool CanSave(IEnvironment environment) => environment switch
    {
        TimeLimit or CheckedEnvironment => CanSave(((IEnvironmentWrapper)environment).Inner),
        _ => environment is IStatefulEnvironment and not IEnvironmentWrapper,
    };

    /// <summary>Writes the state of an instance that can be saved.</summary>
    public static void Save(IEnvironment environment, BinaryWriter writer)
    {
        switch (environment)
        {
            case TimeLimit limit:
                writer.Write(limit.Elapsed);
                Save(limit.Inner, writer);
                break;
            case CheckedEnvironment check:
                (long episode, long step) = check.Position;
                writer.Write(episode);
                writer.Write(step);
                Save(check.Inner, writer);
                break;
            default:
                SaveOwn(environment, writer);
                break;
        }
    }

    /// <summary>Replaces the state of an instance.</summary>
    public static void Load(IEnvironment environment, BinaryReader reader)
    {
        switch (environment)
        {
            case TimeLimit limit:
                limit.Elapsed = reader.ReadInt32();
                Load(limit.Inner, reader);
                break;
            case CheckedEnvironment check:
                check.Position = (reader.ReadInt64(), reader.ReadInt64());
                Load(check.Inner, reader);
                break;
            default:
                LoadOwn(environment, reader);
                break;
        }
    }

    private static void SaveOwn(IEnvironment environment, BinaryWriter writer)
    {
        var stateful = (IStatefulEnvironment)environment;
        double[] state = Guard(environment, "StateLength", () => new double[stateful.StateLength]);
        Guard(environment, "GetState", () =>
        {
            stateful.GetState(state);
            return 0;
        });
        writer.Write(state.Length);
        writer.Write(MemoryMarshal.AsBytes<double>(state));
        (environment as ISeeded)?.Random.State.Write(writer);
    }

    private static void LoadOwn(IEnvironment environment, BinaryReader reader)
    {
        var stateful = (IStatefulEnvironment)environment;
        int length = reader.ReadInt32();
        if (length != Guard(environment, "StateLength", () => stateful.StateLength))
        {
            throw new EnvironmentFaultException(FormattableString.Invariant(
                $"{environment.GetType().Name}: the saved state has {length} numbers, expected {stateful.StateLength}, the environment's StateLength"));
        }

        var state = new double[length];
        reader.ReadExactly(MemoryMarshal.AsBytes(state.AsSpan()));
        Guard(environment, "SetState", () =>
        {
            stateful.SetState(state);
            return 0;
        });
        if (environment is ISeeded seeded)
        {
            seeded.Random.State = Pcg64State.Read(reader);
        }
    }

    private static T Guard<T>(IEnvironment environment, string method, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception e) when (e is not KreweException)
        {
            throw new EnvironmentFaultException($"{environment.GetType().Name}: {method} threw {e.GetType().Name}: {e.Message}", e);
        }
    }
}
