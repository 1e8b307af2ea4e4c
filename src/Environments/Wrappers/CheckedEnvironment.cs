using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Checks the actions, observations and rewards of an environment. The following throw an <see cref="EnvironmentFaultException"/> that
/// names the environment, the step and the field: a discrete action outside the action space, a NaN or an infinity in an action, an
/// observation or a reward, an element that was not written, an index outside a discrete observation space, on request a value outside the
/// bounds of a box, and an exception of the environment. The checks take a few nanoseconds per step.
/// </summary>
public sealed class CheckedEnvironment : IEnvironmentWrapper
{
    /// <summary>Default number of an instance's first observations whose bounds are checked; later ones are not, to save time.</summary>
    public const int BoundsCheckedObservations = 1_000;

    private readonly string _name;
    private readonly BoxSpace? _box;
    private readonly ElementType _elementType;
    private readonly BoxSpace? _actionBox;
    private readonly int _byteSize;
    private readonly int _actionBytes;
    private readonly int _firstAction;
    private readonly int _actions;
    private long _boundsChecksLeft;
    private long _episode;
    private long _step;

    /// <summary>Wraps an environment.</summary>
    /// <param name="inner">The environment; disposed with the wrapper.</param>
    /// <param name="name">The environment's name in messages: its id, and the instance if there are several.</param>
    /// <param name="boundsChecks">
    /// Number of first observations whose bounds are checked, with those of the actions that led to them; 0 for none,
    /// <see cref="long.MaxValue"/> for all.
    /// </param>
    public CheckedEnvironment(IEnvironment inner, string name, long boundsChecks = 0)
    {
        Inner = inner;
        _name = name;
        ObservationSpace = inner.ObservationSpace;
        ActionSpace = inner.ActionSpace;
        _elementType = ObservationSpace.ElementType;
        _box = ObservationSpace as BoxSpace;
        _boundsChecksLeft = boundsChecks;
        _byteSize = ObservationSpace.ByteSize;
        _actionBytes = ActionSpace.ByteSize;
        _actionBox = ActionSpace as BoxSpace;
        (_firstAction, _actions) = ActionSpace is DiscreteSpace discrete ? (discrete.Start, discrete.N) : (0, 0);
    }

    /// <inheritdoc/>
    public IEnvironment Inner { get; }

    /// <summary>Number of the running episode, from 1, and of its last step.</summary>
    internal (long Episode, long Step) Position
    {
        get => (_episode, _step);
        set => (_episode, _step) = value;
    }

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; }

    /// <inheritdoc/>
    /// <exception cref="EnvironmentFaultException">The environment broke its contract.</exception>
    public void Reset(ulong? seed, Span<byte> observation)
    {
        CheckSize(observation);
        _episode++;
        _step = 0;
        MarkUnwritten(observation);
        try
        {
            Inner.Reset(seed, observation);
        }
        catch (Exception e) when (e is not KreweException)
        {
            ThrowFailed("Reset", e);
        }

        CheckObservation(observation);
    }

    /// <inheritdoc/>
    /// <exception cref="EnvironmentFaultException">The action is outside its space, or the environment broke its contract.</exception>
    public StepResult Step(ReadOnlySpan<byte> action, Span<byte> observation)
    {
        CheckSize(observation);
        CheckAction(action);
        if (_episode == 0)
        {
            Throw("Step was called before the first Reset", next: 1);
        }

        _step++;
        MarkUnwritten(observation);
        StepResult result = default;
        try
        {
            result = Inner.Step(action, observation);
        }
        catch (Exception e) when (e is not KreweException)
        {
            ThrowFailed("Step", e);
        }

        CheckObservation(observation);
        if (!double.IsFinite(result.Reward))
        {
            Throw($"reward is {Text(result.Reward)}, expected a finite number");
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => Inner.Dispose();

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private void CheckSize(Span<byte> observation)
    {
        if (observation.Length != _byteSize)
        {
            throw new ArgumentException($"{_name}: the observation buffer has {observation.Length} bytes, expected {_byteSize} ({ObservationSpace})");
        }
    }

    private void CheckAction(ReadOnlySpan<byte> action)
    {
        if (action.Length != _actionBytes)
        {
            throw new ArgumentException($"{_name}: the action has {action.Length} bytes, expected {_actionBytes} ({ActionSpace})");
        }

        if (_actionBox is { } box)
        {
            CheckNumbers(MemoryMarshal.Cast<byte, float>(action), box);
        }
        else if (MemoryMarshal.Read<int>(action) is var index && (uint)(index - _firstAction) >= (uint)_actions)
        {
            Throw($"action {index} is outside {ActionSpace}: expected {_firstAction} to {_firstAction + _actions - 1}", next: 1);
        }
    }

    private void CheckNumbers(ReadOnlySpan<float> action, BoxSpace box)
    {
        int index = FiniteCheck.IndexOfNonFinite(action);
        if (index >= 0)
        {
            Throw($"action[{index}] is {Text(action[index])}, expected {action.Length} finite numbers of {box}", next: 1);
        }

        if (_boundsChecksLeft > 0 && IndexOutside(action, box) is var outside && outside >= 0)
        {
            Throw($"action[{outside}] is {Text(action[outside])}, expected {Text(box.Low[outside])} to {Text(box.High[outside])}, the bounds of the action space: clip the action or widen the space", next: 1);
        }
    }

    // Marks all elements with NaN or an invalid index, so that an element that the environment does not write is found. Otherwise it
    // would keep the previous content of the caller's buffer.
    private void MarkUnwritten(Span<byte> observation)
    {
        if (_elementType == ElementType.Float32)
        {
            MemoryMarshal.Cast<byte, float>(observation).Fill(float.NaN);
        }
        else if (_elementType == ElementType.Int32)
        {
            MemoryMarshal.Cast<byte, int>(observation).Fill(int.MinValue);
        }
    }

    private void CheckObservation(Span<byte> observation)
    {
        if (_elementType == ElementType.Float32)
        {
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(observation);
            int index = FiniteCheck.IndexOfNonFinite(values);
            if (index >= 0)
            {
                string hint = float.IsNaN(values[index]) ? " or was never written" : "";
                Throw($"observation[{index}] is {Text(values[index])}{hint}, expected {values.Length} finite numbers of {ObservationSpace}");
            }

            if (_boundsChecksLeft > 0)
            {
                _boundsChecksLeft--;
                index = IndexOutside(values, _box!);
                if (index >= 0)
                {
                    Throw($"observation[{index}] is {Text(values[index])}, expected {Text(_box!.Low[index])} to {Text(_box.High[index])}, the bounds of the observation space: correct the observation or widen the space");
                }
            }
        }
        else if (ObservationSpace is DiscreteSpace space)
        {
            int value = MemoryMarshal.Read<int>(observation);
            if ((uint)(value - space.Start) >= (uint)space.N)
            {
                string found = value == int.MinValue ? "was never written" : $"is {value}";
                Throw($"observation {found}, expected {space.Start} to {space.Start + space.N - 1} of {space}");
            }
        }
    }

    private static int IndexOutside(ReadOnlySpan<float> values, BoxSpace box)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < box.Low[i] || values[i] > box.High[i])
            {
                return i;
            }
        }

        return -1;
    }

    [DoesNotReturn]
    private void ThrowFailed(string method, Exception e) =>
        throw new EnvironmentFaultException(
            $"{Place(0)}: {method} threw {e.GetType().Name}: {e.Message} (an observation has {ObservationSpace.Length} elements, {ObservationSpace})", e);

    [DoesNotReturn]
    private void Throw(string what, int next = 0) => throw new EnvironmentFaultException($"{Place(next)}: {what}");

    private string Place(int next) =>
        _step + next == 0 ? $"{_name}, reset of episode {_episode}" : $"{_name}, step {_step + next} of episode {_episode}";
}
