using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Steps scalar environments as one vector environment. An instance whose episode ends is reset in the same step and continues its
/// random stream; its final observation is kept in <see cref="VectorStep.FinalObservations"/>.
/// </summary>
public sealed class ScalarVectorEnvironment : IResumableVectorEnvironment
{
    private readonly IEnvironment[] _environments;
    private readonly int _byteSize;
    private readonly int _actionBytes;
    private readonly int _firstAction;
    private readonly int _firstObservation;

    /// <summary>Combines environments.</summary>
    /// <param name="environments">The instances, at least one, with equal spaces and with their time limits; disposed with this object.</param>
    /// <exception cref="ArgumentException">There is no instance, or the spaces differ.</exception>
    public ScalarVectorEnvironment(params ReadOnlySpan<IEnvironment> environments)
    {
        if (environments.IsEmpty)
        {
            throw new ArgumentException("a vector environment needs at least one instance", nameof(environments));
        }

        _environments = environments.ToArray();
        ObservationSpace = environments[0].ObservationSpace;
        ActionSpace = environments[0].ActionSpace;
        _byteSize = ObservationSpace.ByteSize;
        _actionBytes = ActionSpace.ByteSize;
        _firstAction = ActionSpace is DiscreteSpace actions ? actions.Start : 0;
        _firstObservation = ObservationSpace is DiscreteSpace discrete ? discrete.Start : 0;
        CanSave = _environments.All(InstanceState.CanSave);
        for (int i = 1; i < environments.Length; i++)
        {
            if (!environments[i].ObservationSpace.Equals(ObservationSpace) || !environments[i].ActionSpace.Equals(ActionSpace))
            {
                throw new ArgumentException(
                    $"instance {i} has observations {environments[i].ObservationSpace} and actions {environments[i].ActionSpace}, "
                    + $"instance 0 has {ObservationSpace} and {ActionSpace}",
                    nameof(environments));
            }
        }
    }

    /// <inheritdoc/>
    public int Count => _environments.Length;

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; }

    /// <summary>Whether all instances are an <see cref="IStatefulEnvironment"/>.</summary>
    public bool CanSave { get; }

    /// <summary>One instance, for example to read its state.</summary>
    /// <param name="index">The instance's index, 0 to <see cref="Count"/> - 1.</param>
    public IEnvironment this[int index] => _environments[index];

    /// <inheritdoc/>
    public void Reset(ulong? seed, Span<byte> observations)
    {
        for (int i = 0; i < _environments.Length; i++)
        {
            Span<byte> observation = observations.Slice(i * _byteSize, _byteSize);
            _environments[i].Reset(seed + (ulong)i, observation);
            CountFromZero(observation);
        }
    }

    /// <inheritdoc/>
    public void Step(ReadOnlySpan<byte> actions, in VectorStep result)
    {
        VectorStepCheck.Sizes(this, actions, result);
        for (int i = 0; i < _environments.Length; i++)
        {
            Span<byte> observation = result.Observations.Slice(i * _byteSize, _byteSize);
            ReadOnlySpan<byte> action = actions.Slice(i * _actionBytes, _actionBytes);
            StepResult step = _firstAction == 0
                ? _environments[i].Step(action, observation)
                : _environments[i].Step(_firstAction + MemoryMarshal.Read<int>(action), observation);
            CountFromZero(observation);
            result.Rewards[i] = (float)step.Reward;
            result.Terminated[i] = step.Terminated ? (byte)1 : (byte)0;
            result.Truncated[i] = step.Truncated ? (byte)1 : (byte)0;
            if (step.Terminated || step.Truncated)
            {
                observation.CopyTo(result.FinalObservations[(i * _byteSize)..]);
                _environments[i].Reset(null, observation);
                CountFromZero(observation);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="EnvironmentFaultException">An environment cannot read its state.</exception>
    public void Save(BinaryWriter writer)
    {
        foreach (IEnvironment environment in _environments)
        {
            InstanceState.Save(environment, writer);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="EnvironmentFaultException">An environment rejects its state.</exception>
    public void Load(BinaryReader reader)
    {
        foreach (IEnvironment environment in _environments)
        {
            InstanceState.Load(environment, reader);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IEnvironment environment in _environments)
        {
            environment.Dispose();
        }
    }

    private void CountFromZero(Span<byte> observation)
    {
        if (_firstObservation != 0)
        {
            MemoryMarshal.Cast<byte, int>(observation)[0] -= _firstObservation;
        }
    }
}
