using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Torch;

namespace Krewe.Cli;

/// <summary>One network and batch size, with the updates of each backend on the same batch.</summary>
internal sealed class BackendCase : IDisposable
{
    private readonly LearnerOptions _options;
    private readonly SampledBatch _batch;
    private readonly float[] _priorities;
    private readonly List<IDisposable> _networks = [];
    private readonly int _each;

    public BackendCase(NetworkSpec spec, int batchSize, string device, int threads)
    {
        Spec = spec;
        BatchSize = batchSize;
        _options = new LearnerOptions { BatchSize = batchSize, Backend = BackendKind.Torch, Device = device, Threads = threads };
        _priorities = new float[batchSize];
        _batch = new SampledBatch(new SegmentSpec(spec.ElementType, spec.ObservationLength, spec.ActionCount, IsIndex ? spec.InputWidth : 0), batchSize);
        Fill(_batch);

        // Small updates take less time than reading the clock.
        _each = spec.ParameterCount * (long)batchSize < 1_000_000 ? 16 : 1;
    }

    public NetworkSpec Spec { get; }

    private bool IsIndex => Spec.ElementType == ElementType.Int32;

    public int BatchSize { get; }

    /// <summary>The measured networks: CartPole's inputs with three sizes of hidden layers, two of them with C51's head too, and Atari's images.</summary>
    public static ImmutableArray<NetworkSpec> Networks { get; } =
    [
        .. new[] { 64, 256, 1024 }.Select(width => new NetworkSpec(ElementType.Float32, 4, 4, [width, width], 2)),
        .. new[] { 64, 256 }.Select(width => new NetworkSpec(
            ElementType.Float32, 4, 4, new NetworkArchitecture([width, width]) { Head = HeadSpec.Categorical(atoms: 51, low: 0, high: 100) }, 2, image: null)),
        new NetworkSpec(
            ElementType.UInt8, 4 * 84 * 84, 4 * 84 * 84, new NetworkArchitecture([512]) { Convolutions = ConvolutionShape.Nature }, 6, new ImageShape(4, 84, 84)),
    ];

    /// <summary>Updates of the managed backend; null for a network that it cannot train.</summary>
    public Func<long>? Simd() => Spec.Convolutions.IsEmpty ? Updates(new MlpNetwork(Spec, _options, Stream())) : null;

    /// <summary>Updates of the torch backend.</summary>
    public Func<long> Torch() => Updates(new TorchNetwork(Spec, _options, Stream()));

    /// <summary>Updates of plain TorchSharp; null for a network that it is not written for.</summary>
    public Func<long>? Bare()
    {
        if (Spec.Head != HeadSpec.Value)
        {
            return null;
        }

        var loop = new BareLoop(Spec, _options.Device);
        _networks.Add(loop);
        return () =>
        {
            for (int i = 0; i < _each; i++)
            {
                loop.Update(_batch);
            }

            return _each;
        };
    }

    public void Dispose()
    {
        foreach (IDisposable network in _networks)
        {
            network.Dispose();
        }
    }

    private static Pcg64 Stream() => RandomStreams.Create(0, RandomStream.Network);

    private void Fill(SampledBatch batch)
    {
        Pcg64 random = RandomStreams.Create(0, RandomStream.Network);
        FillObservations(batch.Observations, random);
        FillObservations(batch.NextObservations, random);
        for (int i = 0; i < batch.Count; i++)
        {
            batch.Returns[i] = 1;
            batch.Discounts[i] = 0.99f;
            batch.Weights[i] = 1;
            batch.Actions[i] = random.NextInt(batch.Spec.ActionCount);
        }
    }

    private void FillObservations(Span<byte> observations, Pcg64 random)
    {
        if (IsIndex)
        {
            foreach (ref int index in MemoryMarshal.Cast<byte, int>(observations))
            {
                index = random.NextInt(Spec.InputWidth);
            }

            return;
        }

        if (Spec.ElementType == ElementType.UInt8)
        {
            foreach (ref byte pixel in observations)
            {
                pixel = (byte)random.NextInt(256);
            }

            return;
        }

        foreach (ref float value in MemoryMarshal.Cast<byte, float>(observations))
        {
            value = (float)random.NextUniform(-1, 1);
        }
    }

    /// <summary>As in the learner: the next update is started before the results of the previous one are read, if the backend supports it.</summary>
    private Func<long> Updates(INetwork network)
    {
        GradientAgent agent = BenchData.Agent(Spec.Head.Kind);
        INetworkUpdate update = network.CreateUpdate(agent.CreateObjective(_options, Spec, agent.CreateOptions()));
        _networks.Add(update);
        _networks.Add(network);
        int underWay = 0;
        return () =>
        {
            for (int i = 0; i < _each; i++)
            {
                update.Begin(_batch, 1e-3f);
                underWay++;
                if (underWay > update.StepsAhead)
                {
                    update.End(_priorities);
                    underWay--;
                }
            }

            return _each;
        };
    }
}
