using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Runtime;

/// <summary>
/// A trained policy: the greedy action, or the Q-values, of one observation at a time. Needs neither the environment nor its assembly.
/// Not thread-safe; each thread loads its own.
/// </summary>
/// <example>
/// <code>
/// using Policy policy = Policy.Load("runs/CartPole-v1-20260101-120000-seed0");
/// int action = policy.Act([0.01f, 0.02f, -0.03f, 0.04f]);
/// </code>
/// </example>
public sealed class Policy : IDisposable
{
    private readonly IQNetwork _network;
    private readonly float[] _qValues;

    private Policy(Checkpoint checkpoint)
    {
        EnvironmentId = checkpoint.Options.Environment.Id;
        string agent = checkpoint.Options.Agent.Kind;
        if (ActingAgents.Contains(agent))
        {
            throw new InvalidOptionException(
                $"the policy of {EnvironmentId} is of agent.kind {agent}, which acts in a way of its own: expected an agent that takes the action with the largest value");
        }

        _network = checkpoint.State.Policy.CreateNetwork();
        _network.WriteParameters(checkpoint.State.Parameters);
        _qValues = GC.AllocateArray<float>(ActionCount, pinned: true);
    }

    /// <summary>Id of the environment that the policy was trained on.</summary>
    public string EnvironmentId { get; }

    /// <summary>The Q-network: element type and length of an observation, number of actions, layers.</summary>
    public PolicySpec Spec => _network.Spec;

    /// <summary>Type of an observation's elements, which determines the overload to call.</summary>
    public ElementType ObservationType => Spec.ElementType;

    /// <summary>Number of elements of an observation; 1 for a discrete observation.</summary>
    public int ObservationLength => Spec.ObservationLength;

    /// <summary>Number of actions.</summary>
    public int ActionCount => Spec.ActionCount;

    /// <summary>Loads a policy.</summary>
    /// <param name="path">Folder of a checkpoint, its <c>weights.safetensors</c>, or folder of a run, whose best checkpoint is loaded, else its last.</param>
    /// <param name="warn">
    /// Receives one line when a damaged checkpoint gives way to the one before it, or a run's best one to its last. Null refuses a damaged one.
    /// </param>
    /// <exception cref="InvalidOptionException">There is no checkpoint, or its agent is known not to act greedily on values.</exception>
    /// <exception cref="InvalidDataFormatException">The checkpoint is damaged, and there is no other to give way to.</exception>
    public static Policy Load(string path, Action<string>? warn = null) => new(RunFolder.ReadCheckpoint(path, warn).Checkpoint);

    /// <summary>The greedy action for an observation of numbers.</summary>
    /// <param name="observation">The observation, flat in row-major order, [<see cref="ObservationLength"/>].</param>
    /// <returns>The action, counted from 0; the first one among equal Q-values.</returns>
    /// <exception cref="ArgumentException">The policy's observations are of another type or length, or an element is not finite.</exception>
    public int Act(ReadOnlySpan<float> observation) => Greedy(QValues(observation));

    /// <summary>The greedy action for an observation of bytes, for example pixels.</summary>
    /// <param name="observation">The observation, flat in row-major order, [<see cref="ObservationLength"/>].</param>
    /// <returns>The action, counted from 0; the first one among equal Q-values.</returns>
    /// <exception cref="ArgumentException">The policy's observations are of another type or length.</exception>
    public int Act(ReadOnlySpan<byte> observation) => Greedy(QValues(observation));

    /// <summary>The greedy action for a discrete observation.</summary>
    /// <param name="observation">The observation, counted from 0 whatever the start of its space.</param>
    /// <returns>The action, counted from 0; the first one among equal Q-values.</returns>
    /// <exception cref="ArgumentException">The policy's observations are of another type, or the value is out of range.</exception>
    public int Act(int observation) => Greedy(QValues(observation));

    /// <summary>The Q-values of an observation of numbers.</summary>
    /// <param name="observation">The observation, flat in row-major order, [<see cref="ObservationLength"/>].</param>
    /// <returns>One Q-value per action, [<see cref="ActionCount"/>]; valid until the next call.</returns>
    /// <exception cref="ArgumentException">The policy's observations are of another type or length, or an element is not finite.</exception>
    public ReadOnlySpan<float> QValues(scoped ReadOnlySpan<float> observation)
    {
        for (int i = 0; i < observation.Length; i++)
        {
            if (!float.IsFinite(observation[i]))
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"observation[{i}] is {observation[i]}, expected {ObservationLength} finite numbers for {EnvironmentId}"),
                    nameof(observation));
            }
        }

        return Forward(ElementType.Float32, observation.Length, MemoryMarshal.AsBytes(observation));
    }

    /// <summary>The Q-values of an observation of bytes.</summary>
    /// <param name="observation">The observation, flat in row-major order, [<see cref="ObservationLength"/>].</param>
    /// <returns>One Q-value per action, [<see cref="ActionCount"/>]; valid until the next call.</returns>
    /// <exception cref="ArgumentException">The policy's observations are of another type or length.</exception>
    public ReadOnlySpan<float> QValues(scoped ReadOnlySpan<byte> observation) => Forward(ElementType.UInt8, observation.Length, observation);

    /// <summary>The Q-values of a discrete observation.</summary>
    /// <param name="observation">The observation, counted from 0 whatever the start of its space.</param>
    /// <returns>One Q-value per action, [<see cref="ActionCount"/>]; valid until the next call.</returns>
    /// <exception cref="ArgumentException">The policy's observations are of another type, or the value is out of range.</exception>
    public ReadOnlySpan<float> QValues(int observation)
    {
        if (ObservationType == ElementType.Int32 && (uint)observation >= (uint)Spec.InputWidth)
        {
            throw new ArgumentOutOfRangeException(nameof(observation), observation, $"expected 0 to {Spec.InputWidth - 1} for {EnvironmentId}");
        }

        return Forward(ElementType.Int32, 1, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in observation)));
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    private static int Greedy(ReadOnlySpan<float> qValues)
    {
        int best = 0;
        for (int action = 1; action < qValues.Length; action++)
        {
            if (qValues[action] > qValues[best])
            {
                best = action;
            }
        }

        return best;
    }

    private ReadOnlySpan<float> Forward(ElementType type, int length, scoped ReadOnlySpan<byte> observation)
    {
        if (type != ObservationType || length != ObservationLength)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"an observation of {length} x {type}, expected {ObservationLength} x {ObservationType} for {EnvironmentId}"),
                nameof(observation));
        }

        _network.Forward(observation, 1, _qValues);
        return _qValues;
    }
}
