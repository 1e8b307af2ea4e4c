using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

public class OptionValidatorTests
{
    [Fact]
    public void The_defaults_are_valid() => OptionValidator.Validate(new TrainingOptions());

    [Fact]
    public void A_shard_smaller_than_the_largest_append_is_refused_naming_all_options_involved()
    {
        // Every step of a rollout may end an episode: 4 environments of 8 steps need up to 4 * (2 * 8 + 1) = 68 slots.
        TrainingOptions fits = Sized(capacity: 2 * 68);
        OptionValidator.Validate(fits);
        string message = Refused(Sized(capacity: (2 * 68) - 1));
        Assert.All(
            ["replay.capacity 135", "replay.shards 2", "actor.environments 4", "actor.segment_length 8", "68"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));

        static TrainingOptions Sized(int capacity)
        {
            var options = new TrainingOptions();
            options.Actor.Environments = 4;
            options.Actor.SegmentLength = 8;
            options.Replay.Shards = 2;
            options.Replay.Capacity = capacity;
            options.Replay.MinSize = 1;
            return options;
        }
    }

    [Fact]
    public void Learning_that_would_never_start_is_refused()
    {
        var options = new TrainingOptions();
        options.Replay.MinSize = options.Replay.Capacity + 1;
        string message = Refused(options);
        Assert.Contains("replay.min_size 100001", message, StringComparison.Ordinal);
        Assert.Contains("replay.capacity 100000", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.5, 0.1, ScheduleKind.Linear)]
    [InlineData(0.1, 1.5, ScheduleKind.Linear)]
    [InlineData(1.5, 0, ScheduleKind.Constant)]
    public void An_epsilon_above_one_is_refused(double initial, double final, ScheduleKind kind)
    {
        var options = new TrainingOptions();
        options.Actor.Epsilon = new Schedule { Kind = kind, Initial = initial, Final = final };
        Assert.Contains("actor.epsilon", Refused(options), StringComparison.Ordinal);
    }

    [Fact]
    public void A_constant_epsilon_ignores_its_final_value()
    {
        var options = new TrainingOptions();
        options.Actor.Epsilon = new Schedule { Kind = ScheduleKind.Constant, Initial = 0.1, Final = 5 };
        OptionValidator.Validate(options);
    }

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(0.1, 0)]
    public void An_exponential_schedule_through_zero_is_refused(double initial, double final)
    {
        var options = new TrainingOptions();
        options.Learner.LearningRate = new Schedule { Kind = ScheduleKind.Exponential, Initial = initial, Final = final };
        Assert.Contains("learner.learning_rate is exponential", Refused(options), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_set_in_code_out_of_its_range_is_refused_with_the_range()
    {
        var options = new TrainingOptions();
        options.Learner.BatchSize = 0;
        Assert.Contains("learner.batch_size is 0, expected 1 to 65536", Refused(options), StringComparison.Ordinal);
        options.Learner.BatchSize = 1;
        options.Learner.Discount = double.NaN;
        Assert.Contains("learner.discount is NaN", Refused(options), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hidden_layer_set_in_code_without_width_is_refused()
    {
        var options = new TrainingOptions();
        options.Network.Hidden = [64, 0];
        Assert.Contains("network.hidden is 0, expected 1 to 65536", Refused(options), StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_that_the_managed_backend_lacks_are_refused_with_it_and_accepted_with_torch()
    {
        var options = new TrainingOptions { Network = { LayerNorm = true, Dueling = true } };
        OptionValidator.Validate(options);
        options.Network.Convolutions = ConvolutionShape.Nature;
        Assert.Contains("learner.backend=torch", Refused(options), StringComparison.Ordinal);
        options.Learner.Backend = BackendKind.Torch;
        OptionValidator.Validate(options);
    }

    [Fact]
    public void An_unknown_device_is_refused()
    {
        var options = new TrainingOptions();
        options.Learner.Device = "cudaa";
        Assert.Contains("learner.device is 'cudaa', expected cpu, cuda, cuda:N or auto; did you mean", Refused(options), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda")]
    [InlineData("cuda:1")]
    public void A_gpu_for_the_managed_backend_is_refused(string device)
    {
        var options = new TrainingOptions();
        options.Learner.Device = device;
        Assert.Contains($"learner.device {device} with learner.backend simd", Refused(options), StringComparison.Ordinal);
        options.Learner.Backend = BackendKind.Torch;
        OptionValidator.Validate(options);
    }

    [Fact]
    public void A_list_set_in_code_with_too_many_elements_is_refused()
    {
        var options = new TrainingOptions();
        options.Network.Hidden = [.. Enumerable.Repeat(8, 65)];
        Assert.Contains("network.hidden has 65 values, expected at most 64", Refused(options), StringComparison.Ordinal);
    }

    private static string Refused(TrainingOptions options) =>
        Assert.Throws<InvalidOptionException>(() => OptionValidator.Validate(options)).Message;
}
