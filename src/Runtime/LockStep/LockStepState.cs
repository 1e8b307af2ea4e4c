using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Runtime;

/// <summary>
/// What a run in lock step needs besides learner and replay to continue exactly: the actors with the state of their environments, the policy
/// that they act by, and whose turn it is. It is one file of the checkpoint. Also the sink that remembers the published policy.
/// </summary>
/// <param name="plan">The run.</param>
/// <param name="actors">Its actors.</param>
/// <param name="queue">The rollouts that wait for the learner; null if it is fed from replay.</param>
/// <param name="episodes">Its last episodes.</param>
/// <param name="policies">Where policies are published.</param>
internal sealed class LockStepState(
    RunPlan plan, IReadOnlyList<LocalActor> actors, RolloutQueue? queue, EpisodeTracker episodes, IPolicySink policies) : IPolicySink
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "actors.state";

    private const ulong Magic = 0x5354_4341_5745_524B; // "KREWACTS"
    private const int Format = 1;

    private readonly float[] _policy = new float[plan.Policy.ParameterCount];
    private long _version = -1;

    /// <summary>Whose turn it is.</summary>
    public LockStepTurn Turn { get; } = new();

    /// <summary>Whether the state can be saved: not while a rollout is under way, as after an environment has failed.</summary>
    public bool CanSave => actors.All(actor => actor.Loop.IsBetweenRollouts);

    // Actors continue only in the environments that they were in. Their arguments have no order.
    private string Environments => string.Create(
        CultureInfo.InvariantCulture,
        $"{plan.Environment.Id} {string.Join(',', Arguments)}, {actors.Count} actors x {plan.Options.Actor.Environments}{Rollouts}");

    // A queued rollout fits only into a queue of rollouts of its size.
    private string Rollouts => queue is null ? "" : string.Create(CultureInfo.InvariantCulture, $", rollouts of {plan.RolloutSlots} slots");

    private IEnumerable<string> Arguments => plan.Options.Environment.Kwargs
        .OrderBy(argument => argument.Key, StringComparer.Ordinal)
        .Select(argument => $"{argument.Key}={argument.Value.GetRawText()}");

    /// <inheritdoc/>
    public bool Publish(long version, ReadOnlySpan<float> parameters)
    {
        _version = version;
        parameters.CopyTo(_policy);
        return policies.Publish(version, parameters);
    }

    /// <inheritdoc/>
    public bool Publish(long version, IParameterSource parameters)
    {
        _version = version;
        parameters.ReadParameters(_policy);
        return policies.Publish(version, parameters);
    }

    /// <summary>Writes the file.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="EnvironmentFaultException">An environment cannot read its state.</exception>
    public void Save(string folder)
    {
        using var file = new FileStream(Path.Combine(folder, FileName), FileMode.Create, FileAccess.Write);
        using (var writer = new BinaryWriter(file, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(Format);
            writer.Write(Environments);
            writer.Write(Turn.NextActor);
            writer.Write(Turn.IsLearning);
            writer.Write(Turn.IsEvaluating);
            writer.Write(_version);
            writer.Write(_policy.Length);
            writer.Write(MemoryMarshal.AsBytes<float>(_policy));
            episodes.Save(writer);
            foreach (LocalActor actor in actors)
            {
                actor.Loop.Save(writer);
            }

            queue?.Save(writer);
        }

        file.Flush(flushToDisk: true);
    }

    /// <summary>Continues from a file, before the run starts.</summary>
    /// <param name="folder">The folder of the checkpoint.</param>
    /// <returns>False if the file is of other environments: nothing was changed.</returns>
    /// <exception cref="InvalidDataFormatException">The file is damaged or has another format.</exception>
    public bool TryLoad(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            using FileStream file = File.OpenRead(path);
            using var reader = new BinaryReader(file);
            if (reader.ReadUInt64() != Magic || reader.ReadInt32() is var format && format != Format)
            {
                throw new InvalidDataFormatException($"{path}: is not the state of actors in format {Format}");
            }

            if (reader.ReadString() != Environments)
            {
                return false;
            }

            (Turn.NextActor, Turn.IsLearning, Turn.IsEvaluating) = (reader.ReadInt32(), reader.ReadBoolean(), reader.ReadBoolean());
            long version = reader.ReadInt64();
            if (Turn.NextActor < 0 || Turn.NextActor >= actors.Count || reader.ReadInt32() != _policy.Length)
            {
                throw new InvalidDataFormatException($"{path}: is damaged, or its policy is that of another network");
            }

            var policy = new float[_policy.Length];
            reader.ReadExactly(MemoryMarshal.AsBytes(policy.AsSpan()));
            episodes.Load(reader);
            foreach (LocalActor actor in actors)
            {
                actor.Loop.Load(reader);
            }

            queue?.Load(reader);
            if (file.Position < file.Length)
            {
                throw new InvalidDataFormatException($"{path}: is longer than the state of these actors");
            }

            if (version >= 0)
            {
                Publish(version, policy);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            string reason = e is EndOfStreamException or FormatException or ArgumentException ? "it is incomplete or damaged" : FileFault.Reason(e);
            throw new InvalidDataFormatException($"{path}: the state of the actors cannot be read: {reason}", e);
        }
    }
}
