using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// Gradient steps whose objective is evaluated on the host, block by block: the activations of a large batch would not stay in the L2
/// cache (4-256-256-2 with batch 512 takes 1.46 ms in blocks, 1.56 ms in one piece). Allocates nothing after construction, unless a batch
/// is larger than any before it.
/// </summary>
/// <remarks>
/// With several threads, each takes a range of the batch's rows in blocks of its own and sums its gradient; the sums are added in the order
/// of the ranges. Losses, values and priorities have the bits of one thread. The gradient has not: it is the same numbers in another order
/// of additions.
/// </remarks>
public sealed class HostUpdate : INetworkUpdate
{
    private readonly INetwork _network;
    private readonly IObjective _objective;
    private readonly ThreadTeam? _team;
    private readonly Action<int> _evaluate;
    private readonly RandomRows? _rows;
    private readonly INetworkPass[] _passes;
    private readonly Block[] _blocks;
    private float[] _losses = [];
    private float[] _values = [];
    private float[] _priorities = [];
    private SampledBatch? _batch;
    private int _rowsPerThread;
    private (TrainResult Result, NonFiniteUpdateException? Rejected, int Rows)? _pending;

    /// <summary>Prepares steps on the calling thread.</summary>
    /// <param name="network">The network.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="random">Creates the random stream of an update, by the steps taken before it; only an <see cref="IRandomObjective"/> needs it.</param>
    /// <exception cref="ArgumentException">The objective needs random inputs, but there is no stream for them, or too many rows for each sample.</exception>
    public HostUpdate(INetwork network, IObjective objective, Func<long, Pcg64>? random = null)
        : this(network, objective, random, team: null)
    {
    }

    /// <summary>Prepares steps.</summary>
    /// <param name="network">The network, whose passes may run at the same time.</param>
    /// <param name="objective">The objective. One with random inputs is evaluated on the calling thread.</param>
    /// <param name="random">Creates the random stream of an update.</param>
    /// <param name="team">The threads, not owned; null for the calling thread alone.</param>
    internal HostUpdate(INetwork network, IObjective objective, Func<long, Pcg64>? random, ThreadTeam? team)
    {
        _network = network;
        _objective = objective;
        _rows = objective is IRandomObjective drawing ? new RandomRows(network, drawing, random) : null;
        _team = _rows is null ? team : null;
        _evaluate = EvaluateRange;
        int threads = _team?.Size ?? 1;
        _passes = new INetworkPass[threads];
        _blocks = new Block[threads];
        Require(parts: 1);
    }

    /// <summary>0: a step is complete when <see cref="Begin"/> returns.</summary>
    public int StepsAhead => 0;

    /// <inheritdoc/>
    public void Begin(SampledBatch batch, float learningRate)
    {
        Shapes.RequireBatch(_network.Spec, batch, _rows?.InputLength ?? 0);
        Shapes.RequireLearningRate(learningRate);
        int rows = batch.Count;
        if (_priorities.Length < rows)
        {
            (_losses, _values, _priorities) = (new float[rows], new float[rows], new float[rows]);
        }

        // An objective that writes no priorities must not send those of an earlier batch.
        _priorities.AsSpan(0, rows).Clear();
        _batch = batch;
        _rows?.Begin(_network.Steps, rows);
        _rowsPerThread = _team is null ? rows : Division.RowsPerThread(rows, _network.Spec.ParameterCount, _team.Size);
        int parts = (rows + _rowsPerThread - 1) / _rowsPerThread;
        Require(parts);
        if (_team is null)
        {
            EvaluateRange(0);
        }
        else
        {
            _team.Run(parts, _evaluate);
        }

        double lossSum = 0;
        double valueSum = 0;
        ReadOnlySpan<float> weights = batch.Weights;
        for (int row = 0; row < rows; row++)
        {
            lossSum += (double)weights[row] * _losses[row];
            valueSum += _values[row];
        }

        float norm = _network.SumGradients(_passes.AsSpan(0, parts));
        var result = new TrainResult((float)(lossSum / rows), (float)(valueSum / rows), norm);
        NonFiniteUpdateException? rejected = null;
        if (!NonFinite.IsNone(result))
        {
            rejected = NonFinite.Create(_network.Steps + 1, result, batch);
        }
        else if (NonFinite.FindInvalidPriority(_priorities.AsSpan(0, rows)) is { } fault)
        {
            rejected = new NonFiniteUpdateException(FormattableString.Invariant($"update {_network.Steps + 1} was rejected and not applied: {fault}"));
        }
        else
        {
            _network.Apply(_passes[0], norm, learningRate);
        }

        _pending = (result, rejected, rows);
    }

    /// <inheritdoc/>
    public TrainResult End(Span<float> priorities)
    {
        (TrainResult result, NonFiniteUpdateException? rejected, int rows) = _pending ?? throw new InvalidOperationException("no update has begun");
        _pending = null;
        if (rejected is not null)
        {
            throw rejected;
        }

        _priorities.AsSpan(0, rows).CopyTo(priorities);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (INetworkPass? pass in _passes)
        {
            pass?.Dispose();
        }
    }

    /// <summary>Creates the working memory of as many threads as take part; small batches need one.</summary>
    private void Require(int parts)
    {
        for (int i = 0; i < parts; i++)
        {
            _passes[i] ??= _network.CreatePass();
            _blocks[i] ??= new Block(_network, _objective.Passes.Length);
        }
    }

    private void EvaluateRange(int part)
    {
        int end = Math.Min((part + 1) * _rowsPerThread, _batch!.Count);
        int samples = _rows?.BlockSamples ?? _network.BlockRows;
        _passes[part].ClearGradient();
        for (int row = part * _rowsPerThread; row < end; row += samples)
        {
            Evaluate(_passes[part], _blocks[part], _batch, row, Math.Min(samples, end - row));
        }
    }

    private void Evaluate(INetworkPass pass, Block block, SampledBatch batch, int row, int rows)
    {
        int each = batch.Spec.ObservationBytes;
        ReadOnlySpan<byte> observations = batch.Observations.Slice(row * each, rows * each);
        ReadOnlySpan<byte> next = batch.NextObservations.Slice(row * each, rows * each);
        ReadOnlySpan<int> actions = batch.Actions.Slice(row, rows);
        ReadOnlySpan<ForwardPass> passes = _objective.Passes.AsSpan();
        int draws = 1;
        if (_rows is null)
        {
            for (int i = 0; i < passes.Length; i++)
            {
                pass.Forward(passes[i].Parameters, passes[i].IsNext ? next : observations, rows, block.Pass(i));
            }
        }
        else
        {
            for (int i = 0; i < passes.Length; i++)
            {
                ReadOnlySpan<byte> drawn = _rows.Compose(i, passes[i].IsNext ? next : observations, row, rows);
                pass.Forward(passes[i].Parameters, drawn, rows * passes[i].Draws, block.Pass(i));
            }

            draws = _rows.Draws;
            observations = _rows.Compose(passes.Length, observations, row, rows);
            actions = _rows.Repeat(actions);
        }

        int width = draws * _network.Spec.Head.Outputs;
        Span<float> outputs = block.Outputs.AsSpan(0, rows * width);
        Span<float> gradients = block.Gradients.AsSpan(0, rows * width);
        pass.ForwardChosen(observations, actions, outputs);
        _objective.Evaluate(new ObjectiveBlock(block.Passes, block.PassStride)
        {
            Actions = _network.Spec.ActionCount,
            Returns = batch.Returns.Slice(row, rows),
            Discounts = batch.Discounts.Slice(row, rows),
            Draws = draws,
            Inputs = _rows is null ? [] : _rows.Inputs(row, rows),
            Outputs = outputs,
            Gradients = gradients,
            Losses = _losses.AsSpan(row, rows),
            Values = _values.AsSpan(row, rows),
            Priorities = _priorities.AsSpan(row, rows),
        });

        // Weighted, then averaged once: clipping comes after both.
        ReadOnlySpan<float> weights = batch.Weights.Slice(row, rows);
        for (int i = 0; i < rows; i++)
        {
            foreach (ref float gradient in gradients.Slice(i * width, width))
            {
                gradient = weights[i] * gradient / batch.Count;
            }
        }

        pass.Backward(observations, actions, gradients);
    }

    /// <summary>Memory for one block of a thread.</summary>
    private sealed class Block(INetwork network, int passes)
    {
        /// <summary>Floats from one of the objective's passes to the next.</summary>
        public int PassStride { get; } = network.BlockRows * network.Spec.OutputCount;

        /// <summary>The outputs of the objective's passes, one after another.</summary>
        public float[] Passes { get; } = new float[passes * network.BlockRows * network.Spec.OutputCount];

        /// <summary>Memory for the outputs of one of the objective's passes.</summary>
        public Span<float> Pass(int index) => Passes.AsSpan(index * PassStride, PassStride);

        /// <summary>The outputs of the actions taken.</summary>
        public float[] Outputs { get; } = new float[network.BlockRows * network.Spec.Head.Outputs];

        /// <summary>The gradient of the loss at <see cref="Outputs"/>.</summary>
        public float[] Gradients { get; } = new float[network.BlockRows * network.Spec.Head.Outputs];
    }
}
