using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public class PolicyBoardTests
{
    private const int Inputs = 2_048;

    // One-hot in, no hidden layer: Q = weight[input] + bias, so that one pass over all observations reads every parameter once.
    private static readonly NetworkSpec Linear = Batches.Spec(ElementType.Int32, Inputs, [], actions: 1);
    private static readonly byte[] EveryInput = MemoryMarshal.AsBytes<int>(Enumerable.Range(0, Inputs).ToArray()).ToArray();

    [Fact]
    public void There_is_nothing_before_the_first_version()
    {
        var board = new PolicyBoard(Linear);
        using IPolicyNetwork network = board.CreateNetwork();
        Assert.False(network.Refresh());
        Assert.Equal((-1, -1), (board.Version, network.Version));
    }

    [Fact]
    public void A_version_that_is_not_newer_is_ignored()
    {
        var board = new PolicyBoard(Linear);
        Assert.True(board.Publish(version: 5, Filled(50)));
        Assert.False(board.Publish(version: 5, Filled(51)));
        Assert.False(board.Publish(version: 4, Filled(40)));
        using IPolicyNetwork network = board.CreateNetwork();
        Assert.True(network.Refresh());
        Assert.Equal((5, 5), (board.Version, network.Version));
        Assert.Equal(50, Value(network));
    }

    [Fact]
    public void A_version_is_taken_once()
    {
        var board = new PolicyBoard(Linear);
        board.Publish(version: 0, Filled(1));
        using IPolicyNetwork network = board.CreateNetwork();
        Assert.True(network.Refresh());
        Assert.False(network.Refresh());
    }

    [Fact]
    public void Parameters_of_another_network_are_refused() =>
        Assert.Throws<ArgumentException>(() => new PolicyBoard(Linear).Publish(version: 0, new float[2]));

    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    public void Each_network_keeps_the_version_that_it_took_whatever_is_published_and_taken_beside_it(ulong seed)
    {
        var board = new PolicyBoard(Linear);
        IPolicyNetwork[] networks = [.. Enumerable.Range(0, 4).Select(_ => board.CreateNetwork())];
        var held = new long[networks.Length];
        var random = new Pcg64(seed);
        board.Publish(0, Filled(0));
        foreach (IPolicyNetwork network in networks)
        {
            Assert.True(network.Refresh());
        }

        for (int step = 1; step < 500; step++)
        {
            int which = random.NextInt(networks.Length + 2);
            if (which >= networks.Length)
            {
                Assert.True(board.Publish(step, Filled(step)));
            }
            else if (random.NextInt(8) == 0)
            {
                // One actor leaves and another joins.
                networks[which].Dispose();
                networks[which] = board.CreateNetwork();
                Assert.True(networks[which].Refresh());
                held[which] = board.Version;
            }
            else
            {
                Assert.Equal(held[which] < board.Version, networks[which].Refresh());
                held[which] = board.Version;
            }

            for (int i = 0; i < networks.Length; i++)
            {
                Assert.Equal((held[i], held[i]), (networks[i].Version, Value(networks[i])));
            }
        }
    }

    [Fact]
    public void Nothing_is_allocated_once_as_many_versions_have_been_held_as_there_are_networks_and_one_more()
    {
        var board = new PolicyBoard(Linear);
        IPolicyNetwork[] networks = [.. Enumerable.Range(0, 3).Select(_ => board.CreateNetwork())];
        float[] parameters = Filled(7);
        long version = 0;
        Cycle(cycles: 2);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Cycle(cycles: 50);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Cycle(int cycles)
        {
            for (int i = 0; i < cycles; i++)
            {
                foreach (IPolicyNetwork network in networks)
                {
                    board.Publish(version++, parameters);
                    network.Refresh();
                }
            }
        }
    }

    [Fact]
    public void A_disposed_network_releases_its_version()
    {
        var board = new PolicyBoard(Linear);
        float[] parameters = Filled(7);
        long version = 0;
        ComeAndGo(publish: true);
        ComeAndGo(publish: true);
        long network = ComeAndGo(publish: false);

        // A new version, but no memory for it.
        Assert.Equal(network, ComeAndGo(publish: true));

        long ComeAndGo(bool publish)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            using (IPolicyNetwork comes = board.CreateNetwork())
            {
                if (publish)
                {
                    board.Publish(version++, parameters);
                }

                comes.Refresh();

                // Still held although it is no longer the newest.
                if (publish)
                {
                    board.Publish(version++, parameters);
                }
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Networks_of_every_architecture_give_the_same_values_as_one_with_parameters_of_its_own()
    {
        foreach (NetworkArchitecture architecture in new NetworkArchitecture[]
        {
            new([24, 40]),
            new([24, 40]) { LayerNorm = true, Dueling = true },
            new([16]) { Convolutions = [new(Filters: 4, Kernel: 3, Stride: 2)], LayerNorm = true },
        })
        {
            bool isImage = !architecture.Convolutions.IsEmpty;
            var space = isImage ? new BoxSpace(low: 0, high: 255, shape: [2, 9, 9], ElementType.UInt8) : new BoxSpace(low: -1, high: 1, shape: [5]);
            var spec = new NetworkSpec(space, architecture, actionCount: 3);
            var random = new Pcg64(3);
            float[] parameters = [.. Enumerable.Range(0, spec.ParameterCount).Select(_ => (float)random.NextUniform(-1, 1))];
            var observations = new byte[5 * spec.ObservationBytes];
            Batches.Observations(spec, observations, random);
            var expected = new float[5 * spec.ActionCount];
            using var own = new InferenceNetwork(spec);
            own.WriteParameters(parameters);
            own.Forward(observations, 5, expected);

            var board = new PolicyBoard(spec);
            using IPolicyNetwork first = board.CreateNetwork();
            using IPolicyNetwork second = board.CreateNetwork();
            board.Publish(0, new float[spec.ParameterCount]);
            Assert.True(first.Refresh());
            board.Publish(1, parameters);
            Assert.True(second.Refresh());

            var values = new float[expected.Length];
            first.Forward(observations, 5, values);
            Assert.Equal(new float[expected.Length], values);
            second.Forward(observations, 5, values);
            Assert.Equal(expected, values);
            Assert.True(first.Refresh());
            first.Forward(observations, 5, values);
            Assert.Equal(expected, values);
        }
    }

    [Fact]
    public void A_published_network_gives_its_values_whatever_its_layers_and_whatever_was_published_before()
    {
        foreach (NetworkSpec spec in NetworkCases.All.Select(one => one.Spec).Concat(
        [
            new NetworkSpec(new BoxSpace(low: -1, high: 1, shape: [5]), new NetworkArchitecture([24, 40]) { LayerNorm = true, Dueling = true }, actionCount: 3),
            new NetworkSpec(
                new BoxSpace(low: -1, high: 1, shape: [5]), new NetworkArchitecture([24]) { Head = HeadSpec.Categorical(atoms: 7, low: -1, high: 1) }, actionCount: 3),
        ]))
        {
            var board = new PolicyBoard(spec);
            using IPolicyNetwork actor = board.CreateNetwork();
            var flat = new float[spec.ParameterCount];
            var observations = new byte[5 * spec.ObservationBytes];
            var expected = new float[5 * spec.ActionCount];
            var values = new float[expected.Length];
            for (int version = 0; version < 8; version++)
            {
                var random = new Pcg64((ulong)version);
                using var network = new MlpNetwork(spec, new LearnerOptions(), random);
                network.ReadParameters(flat);
                Batches.Observations(spec, observations, random);
                network.Forward(observations, 5, expected);

                // In the kernels' layout, in the flat order, and from a network that has no layout in common.
                using var other = new InferenceNetwork(spec);
                other.WriteParameters(flat);
                Assert.True((version % 3) switch
                {
                    0 => board.Publish(version, network),
                    1 => board.Publish(version, flat),
                    _ => board.Publish(version, other),
                });
                network.WriteParameters(new float[flat.Length]);
                Assert.True(actor.Refresh());
                actor.Forward(observations, 5, values);
                Assert.Equal(expected, values);
            }
        }
    }

    [Fact]
    public void A_published_table_gives_its_values()
    {
        var spec = new TableSpec(observationCount: 3, actionCount: 2);
        var board = new PolicyBoard(spec);
        using IQNetwork table = spec.CreateNetwork();
        table.WriteParameters([1, 2, 3, 4, 5, 6]);
        Assert.True(board.Publish(version: 3, table));
        Assert.False(board.Publish(version: 3, table));
        table.WriteParameters(new float[6]);
        using IPolicyNetwork actor = board.CreateNetwork();
        Assert.True(actor.Refresh());
        var values = new float[4];
        actor.Forward(MemoryMarshal.AsBytes<int>([2, 0]), 2, values);
        Assert.Equal([5, 6, 1, 2], values);
    }

    [Fact]
    public void A_network_of_another_shape_is_refused()
    {
        using var other = new MlpNetwork(Batches.Spec(ElementType.Float32, 4, [8], 2), new LearnerOptions(), new Pcg64(1));
        Assert.Throws<ArgumentException>(() => new PolicyBoard(Linear).Publish(version: 0, other));
    }

    [Fact]
    public void Publishing_a_network_allocates_nothing_once_its_versions_are_reused()
    {
        NetworkSpec spec = Batches.Spec(ElementType.Float32, 4, [64, 64], 2);
        var board = new PolicyBoard(spec);
        using IPolicyNetwork actor = board.CreateNetwork();
        using var network = new MlpNetwork(spec, new LearnerOptions(), new Pcg64(1));
        long version = 0;
        Cycle(cycles: 3);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Cycle(cycles: 50);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Cycle(int cycles)
        {
            for (int i = 0; i < cycles; i++)
            {
                board.Publish(version++, network);
                actor.Refresh();
            }
        }
    }

    [Fact]
    public void No_reader_sees_half_a_policy_or_an_older_one() =>
        Assert.Null(Hammer(new PolicyBoard(Linear), () => (board, version) => board.Publish(version, Filled(version))));

    [Fact]
    public void No_reader_sees_half_a_network_or_an_older_one() => Assert.Null(Hammer(new PolicyBoard(Linear), () =>
    {
        var network = new MlpNetwork(Linear, new LearnerOptions(), new Pcg64(1));
        return (board, version) =>
        {
            network.WriteParameters(Filled(version));
            board.Publish(version, network);
        };
    }));

    [Fact]
    public void The_stress_test_finds_torn_policies() =>
        Assert.NotNull(Hammer(new TearingBoard(), () => (board, version) => board.Publish(version, Filled(version))));

    private static float[] Filled(long value)
    {
        var parameters = new float[Linear.ParameterCount];
        parameters.AsSpan(0, Inputs).Fill(value);
        return parameters;
    }

    /// <summary>The number that a policy was filled with, or NaN when it is not the same everywhere.</summary>
    private static float Value(IPolicyNetwork network)
    {
        var values = new float[Inputs];
        network.Forward(EveryInput, Inputs, values);
        return values.AsSpan().IndexOfAnyExcept(values[0]) < 0 ? values[0] : float.NaN;
    }

    // A version is filled with its number, so a torn one shows as two numbers. Returns what was wrong.
    private static string? Hammer<T>(T board, Func<Action<T, long>> publisher)
        where T : IPolicySource
    {
        const int Versions = 4_000;
        string? fault = null;
        using var start = new Barrier(participantCount: 5);
        Thread[] threads = [new(Write), new(Write), new(Read), new(Read), new(Read)];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return fault;

        void Write()
        {
            Action<T, long> publish = publisher();
            start.SignalAndWait();
            for (long version = 0; version <= Versions && Volatile.Read(ref fault) is null; version++)
            {
                publish(board, version);
            }
        }

        void Read()
        {
            using IPolicyNetwork network = board.CreateNetwork();
            start.SignalAndWait();
            while (network.Version < Versions && Volatile.Read(ref fault) is null)
            {
                long before = network.Version;
                bool isNewer = network.Refresh();
                if (network.Version < 0)
                {
                    continue;
                }

                if (isNewer && network.Version <= before)
                {
                    Volatile.Write(ref fault, $"version {network.Version} after {before}");
                }

                // Twice, the second time after others had time to publish.
                for (int i = 0; i < 2; i++)
                {
                    if (Value(network) != network.Version)
                    {
                        Volatile.Write(ref fault, $"version {network.Version} has {Value(network)}");
                    }
                }
            }
        }
    }

    /// <summary>Negative control: one version in memory, written while others read it.</summary>
    private sealed class TearingBoard : IPolicySource
    {
        private readonly float[] _parameters = new float[Linear.ParameterCount];
        private long _version = -1;

        public long Version => Volatile.Read(ref _version);

        public bool Publish(long version, ReadOnlySpan<float> parameters)
        {
            // The yield in the middle makes tearing certain on one core too.
            parameters[..(Inputs / 2)].CopyTo(_parameters);
            Volatile.Write(ref _version, version);
            Thread.Yield();
            parameters[(Inputs / 2)..].CopyTo(_parameters.AsSpan(Inputs / 2));
            return true;
        }

        public IPolicyNetwork CreateNetwork() => new Network(this);

        private sealed class Network(TearingBoard board) : IPolicyNetwork
        {
            public PolicySpec Spec => Linear;

            public long Version { get; private set; } = -1;

            public bool Refresh()
            {
                bool isNewer = board.Version > Version;
                Version = board.Version;
                return isNewer;
            }

            public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues) =>
                board._parameters.AsSpan(0, count).CopyTo(qValues);

            public void Dispose()
            {
            }
        }
    }
}
