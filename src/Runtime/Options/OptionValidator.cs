using System.Globalization;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>Validates options: their ranges, which are unchecked for options set in code, and constraints between options.</summary>
public static class OptionValidator
{
    /// <summary>Validates the options before anything starts.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="InvalidOptionException">An option is out of range, or two contradict each other; the message names both.</exception>
    public static void Validate(TrainingOptions options)
    {
        foreach (OptionInfo option in OptionSchema.All)
        {
            object? value = option.Get(options);
            if (option.OutOfRange(value) is { } fault)
            {
                throw new InvalidOptionException(fault);
            }

            if (value is Schedule { Kind: ScheduleKind.Exponential } schedule && !(schedule.Initial > 0 && schedule.Final > 0))
            {
                throw Invalid(
                    $"{option.Key} is exponential from {schedule.Initial} to {schedule.Final}, expected both above 0 (or kind linear)");
            }
        }

        LearnerOptions learner = options.Learner;
        DeviceName.Check(learner.Device);
        if (learner.Backend == BackendKind.Simd && learner.Device.StartsWith(DeviceName.Cuda, StringComparison.Ordinal))
        {
            throw Invalid($"learner.device {learner.Device} with learner.backend simd, which computes on the CPU: set --backend torch, or --device cpu or auto");
        }

        if (learner.Backend == BackendKind.Simd && !options.Network.Convolutions.IsEmpty)
        {
            throw Invalid($"learner.backend simd has fully connected layers only, but network.convolutions is set: set learner.backend=torch, or leave it out");
        }

        // The largest append is one rollout: every environment's steps and, if every step ends an episode, as many final observations.
        if (options.Replay.NStep > options.Actor.SegmentLength)
        {
            throw Invalid(
                $"replay.n_step {options.Replay.NStep} is above actor.segment_length {options.Actor.SegmentLength}: n-step returns end with their segment; lower n_step or raise segment_length");
        }

        long rollout = (long)options.Actor.Environments * options.Actor.SegmentLength;
        long slots = (2 * rollout) + options.Actor.Environments;
        long shardCapacity = options.Replay.Capacity / options.Replay.Shards;
        if (slots > shardCapacity)
        {
            throw Invalid(
                $"replay.capacity {options.Replay.Capacity} over replay.shards {options.Replay.Shards} gives {shardCapacity} slots per shard, but one append of actor.environments {options.Actor.Environments} with actor.segment_length {options.Actor.SegmentLength} can need {slots}: raise replay.capacity or lower one of the others");
        }

        if (options.Replay.MinSize > options.Replay.Capacity)
        {
            throw Invalid(
                $"replay.min_size {options.Replay.MinSize} is above replay.capacity {options.Replay.Capacity}: learning would never start");
        }
    }

    private static InvalidOptionException Invalid(FormattableString message) => new(message.ToString(CultureInfo.InvariantCulture));
}
