using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Updates whose rows are divided over threads.</summary>
public class ThreadedUpdateTests
{
    private static readonly NetworkSpec[] Specs =
    [
        Batches.Spec(ElementType.Float32, 4, [256, 256], 2),
        Batches.Spec(ElementType.Float32, 70, [300, 81], 18),
        Batches.Spec(ElementType.UInt8, 100, [256, 64], 6),
        Batches.Spec(ElementType.Int32, 500, [200, 100], 4),
        Of(new NetworkArchitecture([128, 128]) { Dueling = true, LayerNorm = true }),
        Of(new NetworkArchitecture([128, 128]) { Head = HeadSpec.Categorical(atoms: 21, low: -5, high: 5) }),
    ];

    public static TheoryData<int, int, int> Cases()
    {
        var data = new TheoryData<int, int, int>();
        for (int spec = 0; spec < Specs.Length; spec++)
        {
            data.Add(spec, 512, 2);
            data.Add(spec, 512, 3);
            data.Add(spec, 200, 2);
            data.Add(spec, 64, 4);
            data.Add(spec, 250, 8);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Updates_are_those_of_one_thread_to_a_millionth(int index, int rows, int threads)
    {
        NetworkSpec spec = Specs[index];
        for (ulong seed = 0; seed < 5; seed++)
        {
            (NetworkState one, float[] expected, TrainResult alone) = Train(spec, rows, threads: 1, seed);
            (NetworkState many, float[] priorities, TrainResult together) = Train(spec, rows, threads, seed);
            Close(one.Online, many.Online, 1e-6);
            Close(one.Target, many.Target, 1e-6);
            Close(one.FirstMoment, many.FirstMoment, 1e-6);
            Close(one.SecondMoment, many.SecondMoment, 1e-6);
            Close(expected, priorities, 1e-5);
            Assert.Equal(alone.Loss, together.Loss, 1e-5 * (1 + alone.Loss));
            Assert.Equal(alone.GradientNorm, together.GradientNorm, 1e-5 * (1 + alone.GradientNorm));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_first_loss_values_and_priorities_have_the_bits_of_one_thread(int index, int rows, int threads)
    {
        (_, float[] expected, TrainResult alone) = Train(Specs[index], rows, threads: 1, seed: 1, updates: 1);
        (_, float[] priorities, TrainResult together) = Train(Specs[index], rows, threads, seed: 1, updates: 1);
        Assert.Equal(expected, priorities);
        Assert.Equal((alone.Loss, alone.MeanQ), (together.Loss, together.MeanQ));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_same_number_of_threads_gives_the_same_bits(int index, int rows, int threads)
    {
        for (int run = 0; run < 3; run++)
        {
            NetworkState first = Train(Specs[index], rows, threads, seed: 2).State;
            NetworkState second = Train(Specs[index], rows, threads, seed: 2).State;
            Assert.Equal(first.Online, second.Online);
            Assert.Equal(first.Target, second.Target);
            Assert.Equal(first.FirstMoment, second.FirstMoment);
            Assert.Equal(first.SecondMoment, second.SecondMoment);
        }
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(64, 1)]
    [InlineData(256, 15)]
    public void A_small_batch_of_a_small_network_is_one_thread_s_and_has_its_bits(int hidden, int rows)
    {
        NetworkSpec spec = Batches.Spec(ElementType.Float32, 4, [hidden, 64], 2);
        var objective = new Observed(new DqnObjective(default), threads: 1);
        (NetworkState many, _, _) = Train(spec, rows, threads: 4, seed: 1, objective: objective);
        (NetworkState one, _, _) = Train(spec, rows, threads: 1, seed: 1, objective: objective);
        Assert.Equal([Thread.CurrentThread], objective.Threads);
        Assert.Equal(one.Online, many.Online);
    }

    [Theory]
    [InlineData(512, 2, 256)]
    [InlineData(512, 3, 176)]
    [InlineData(512, 1_024, 16)]
    [InlineData(64, 2, 32)]
    [InlineData(33, 2, 32)]
    [InlineData(16, 2, 16)]
    [InlineData(512, 1, 512)]
    public void The_rows_of_a_large_network_are_divided_in_cache_lines(int rows, int threads, int each) =>
        Assert.Equal(each, Division.RowsPerThread(rows, parameters: 10_000_000, threads));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16 * 1_023, 1)]
    [InlineData(16 * 2_048, 2)]
    [InlineData(16 * 100_001, 3)]
    public void Ranges_cover_all_parameters_in_cache_lines(int length, int ranges)
    {
        Assert.Equal(ranges, Division.Ranges(length, threads: 3));
        int covered = 0;
        for (int part = 0; part < ranges && length % 16 == 0; part++)
        {
            (int start, int count) = Division.Range(length, part, ranges);
            Assert.Equal((covered, 0), (start, count % 16));
            covered += count;
        }

        Assert.Equal(length % 16 == 0 ? length : 0, covered);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_update_allocates_nothing_on_any_thread(int index, int rows, int threads)
    {
        NetworkSpec spec = Specs[index];
        var options = new LearnerOptions { BatchSize = rows, Threads = threads };
        var objective = new Observed(Objective(spec), threads: 1);
        using var network = TrainedNetwork.Mlp(spec, options, new Pcg64(3), objective: objective);
        SampledBatch batch = Batches.Random(spec, rows, 1);
        var priorities = new float[rows];
        Cycle();
        Cycle();
        objective.CountFromHere();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Cycle();
        Cycle();
        Assert.Equal((0, 0), (GC.GetAllocatedBytesForCurrentThread() - before, objective.Allocated));

        void Cycle()
        {
            network.Train(batch, 1e-3f, priorities);
            network.UpdateTarget(0.01f);
            network.UpdateTarget(1f);
        }
    }

    [Fact]
    public void A_failure_on_another_thread_reaches_the_caller_and_the_next_update_is_as_if_it_had_not_been()
    {
        NetworkSpec spec = Specs[0];
        var options = new LearnerOptions { Threads = 2 };
        var objective = new Observed(new DqnObjective(default), threads: 2);
        using var network = TrainedNetwork.Mlp(spec, options, new Pcg64(3), objective: objective);
        SampledBatch batch = Batches.Random(spec, 512, 1);
        float[] before = network.State().Online;
        objective.Failure = new NotSupportedException("on another thread");
        Assert.Same(objective.Failure, Assert.Throws<NotSupportedException>(() => network.Begin(batch, 1e-3f)));
        Assert.Equal(before, network.State().Online);
        objective.Failure = null;
        network.Train(batch, 1e-3f, new float[512]);
        using var undisturbed = TrainedNetwork.Mlp(spec, options, new Pcg64(3));
        undisturbed.Train(batch, 1e-3f, new float[512]);
        Assert.Equal(undisturbed.State().Online, network.State().Online);
    }

    [Fact]
    public void A_batch_that_is_not_finite_is_refused_and_changes_nothing()
    {
        using var network = TrainedNetwork.Mlp(Specs[0], new LearnerOptions { Threads = 2 }, new Pcg64(3));
        SampledBatch batch = Batches.Random(Specs[0], 512, 1);
        batch.Returns[500] = float.NaN;
        float[] before = network.State().Online;
        var fault = Assert.Throws<NonFiniteUpdateException>(() => network.Train(batch, 1e-3f, new float[512]));
        Assert.Contains("the return of sample 500", fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, network.State().Online);
    }

    [Fact]
    public void Disposing_the_network_ends_its_threads()
    {
        var objective = new Observed(new DqnObjective(default), threads: 3);
        Train(Specs[0], rows: 512, threads: 3, seed: 1, objective: objective);
        Assert.Equal(3, objective.Threads.Count);
        Assert.All(objective.Threads, thread => Assert.Equal(thread == Thread.CurrentThread, thread.IsAlive));
    }

    private static NetworkSpec Of(NetworkArchitecture architecture) => new(ElementType.Float32, 6, 6, architecture, 3, image: null);

    private static IObjective Objective(NetworkSpec spec) =>
        spec.Head.Kind == HeadKind.Categorical ? new C51Objective(spec.Head) : new DqnObjective(default);

    private static (NetworkState State, float[] Priorities, TrainResult Result) Train(
        NetworkSpec spec, int rows, int threads, ulong seed, int updates = 3, IObjective? objective = null)
    {
        // As in the comparison with the reference: with a small epsilon the first steps of Adam would blow rounding up.
        var options = new LearnerOptions { BatchSize = rows, Threads = threads, AdamEpsilon = 1e-3, MaxGradientNorm = 0.5 };
        using var network = TrainedNetwork.Mlp(spec, options, new Pcg64(seed), objective: objective ?? Objective(spec));
        var priorities = new float[rows];
        TrainResult result = default;
        for (int update = 0; update < updates; update++)
        {
            result = network.Train(Batches.Random(spec, rows, (100 * seed) + (ulong)update), 1e-3f, priorities);
            network.UpdateTarget(0.25f);
        }

        return (network.State(), priorities, result);
    }

    private static void Close(float[] expected, float[] values, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - values[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"element {i} is {values[i]}, expected {expected[i]}");
        }
    }

    /// <summary>Records on which threads an objective is evaluated, and what they allocate between two evaluations.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="threads">How many threads the first evaluations wait for.</param>
    private sealed class Observed(IObjective objective, int threads) : IObjective
    {
        private readonly Dictionary<Thread, long> _threads = [];
        private readonly Thread _caller = Thread.CurrentThread;
        private readonly object _lock = new();
        private bool _counts;

        public ImmutableArray<ForwardPass> Passes => objective.Passes;

        public Dictionary<Thread, long>.KeyCollection Threads => _threads.Keys;

        public long Allocated { get; private set; }

        /// <summary>What is thrown on every thread but the caller's.</summary>
        public Exception? Failure { get; set; }

        public void CountFromHere() => _counts = true;

        public void Evaluate(in ObjectiveBlock block)
        {
            objective.Evaluate(block);
            Thread thread = Thread.CurrentThread;
            lock (_lock)
            {
                long now = GC.GetAllocatedBytesForCurrentThread();
                if (_counts && _threads.TryGetValue(thread, out long before))
                {
                    Allocated += now - before;
                }

                _threads[thread] = 0;
                Monitor.PulseAll(_lock);
                while (_threads.Count < threads)
                {
                    Assert.True(Monitor.Wait(_lock, TimeSpan.FromSeconds(30)));
                }

                _threads[thread] = GC.GetAllocatedBytesForCurrentThread();
            }

            if (Failure is { } failure && thread != _caller)
            {
                throw failure;
            }
        }
    }
}
