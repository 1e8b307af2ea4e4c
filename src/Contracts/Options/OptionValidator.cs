using System.Collections.Immutable;
using System.Globalization;

namespace Krewe.Contracts;

/// <summary>The checks that need more than one option at once. Ranges of single options are the binder's.</summary>
public static class OptionValidator
{
    /// <summary>Checks the options as a whole, before anything starts.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="InvalidOptionException">Two options contradict each other; the message names both.</exception>
    public static void Validate(TrainingOptions options)
    {
        // Options can also be set in code, past the binder: then this is the edge that checks their ranges.
        foreach (OptionInfo option in OptionSchema.All)
        {
            CheckRange(option, option.Get(options));
        }

        CheckSchedule("actor.epsilon", options.Actor.Epsilon, max: 1);
        CheckSchedule("learner.learning_rate", options.Learner.LearningRate, max: double.MaxValue);

        DeviceName.Check(options.Learner.Device);
        if (options.Learner.Backend == BackendKind.Simd && !options.Network.ToArchitecture().IsPlain)
        {
            throw Invalid(
                "learner.backend simd has fully connected layers only, but network.convolutions, network.layer_norm or network.dueling is set: "
                + "set learner.backend=torch (in krewe), or leave them out");
        }

        // The largest append is one window: every environment's steps and, when every step ends an episode, as many closing slots.
        long window = (long)options.Actor.Environments * options.Actor.SegmentLength;
        long slots = 2 * window + options.Actor.Environments;
        long shardCapacity = options.Replay.Capacity / options.Replay.Shards;
        if (slots > shardCapacity)
        {
            throw Invalid(
                $"replay.capacity {options.Replay.Capacity} over replay.shards {options.Replay.Shards} gives {shardCapacity} slots a shard, but one append of "
                + $"actor.environments {options.Actor.Environments} with actor.segment_length {options.Actor.SegmentLength} can need {slots}: "
                + "raise replay.capacity or lower one of the others");
        }

        if (options.Replay.MinSize > options.Replay.Capacity)
        {
            throw Invalid(
                $"replay.min_size {options.Replay.MinSize} is above replay.capacity {options.Replay.Capacity}: learning would never start");
        }
    }

    private static void CheckRange(OptionInfo option, object? value)
    {
        switch (value)
        {
            case int number:
                CheckRange(option, (double)number);
                break;
            case long number:
                CheckRange(option, (double)number);
                break;
            case double number:
                CheckRange(option, number);
                break;
            case ImmutableArray<int> numbers:
                foreach (int number in numbers)
                {
                    CheckRange(option, (double)number);
                }

                break;
        }
    }

    private static void CheckRange(OptionInfo option, double value)
    {
        OptionAttribute range = option.Attribute;
        bool above = range.MinExclusive ? value > range.Min : value >= range.Min;
        if (!above || !(value <= range.Max) || !double.IsFinite(value))
        {
            throw Invalid($"{option.Key} is {value}, expected {option.Range} ({range.Description})");
        }
    }

    private static void CheckSchedule(string key, Schedule schedule, double max)
    {
        bool constant = schedule.Kind == ScheduleKind.Constant;
        if (schedule.Initial > max || (!constant && schedule.Final > max))
        {
            throw Invalid($"{key} goes from {schedule.Initial} to {schedule.Final}, expected values at most {max}");
        }

        if (schedule.Kind == ScheduleKind.Exponential && !(schedule.Initial > 0 && schedule.Final > 0))
        {
            throw Invalid($"{key} is exponential from {schedule.Initial} to {schedule.Final}, expected both above 0 (or kind linear)");
        }
    }

    private static InvalidOptionException Invalid(FormattableString message) => new(message.ToString(CultureInfo.InvariantCulture));

    private static InvalidOptionException Invalid(string message) => new(message);
}
