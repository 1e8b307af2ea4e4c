using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// Gradient steps whose objective is evaluated on the host, block by block: the activations of a large batch would not stay in the L2
/// cache (4-256-256-2 with batch 512 takes 1.46 ms in blocks, 1.56 ms in one piece). Allocates nothing after construction, unless a batch
/// is larger than any before it.
/// </summary>
public sealed class HostUpdate : INetworkUpdate
{
    private readonly INetwork _network;
    private readonly IObjective _objective;
    private readonly INetworkPass _pass;
    private readonly float[] _passes;
    private readonly float[] _outputs;
    private readonly float[] _gradients;
    private readonly float[] _losses;
    private readonly float[] _values;
    private readonly int _passStride;
    private readonly RandomRows? _rows;
    private float[] _priorities = [];
    private (TrainResult Result, NonFiniteUpdateException? Rejected, int Rows)? _pending;

    /// <summary>Prepares steps.</summary>
    /// <param name="network">The network.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="random">Creates the random stream of an update, by the steps taken before it; only an <see cref="IRandomObjective"/> needs it.</param>
    /// <exception cref="ArgumentException">The objective needs random inputs, but there is no stream for them, or too many rows for each sample.</exception>
    public HostUpdate(INetwork network, IObjective objective, Func<long, Pcg64>? random = null)
    {
        _network = network;
        _objective = objective;
        _pass = network.CreatePass();
        int rows = network.BlockRows;
        int width = network.Spec.Head.Outputs;
        _passStride = rows * network.Spec.OutputCount;
        _passes = new float[_passStride * objective.Passes.Length];
        _outputs = new float[rows * width];
        _gradients = new float[rows * width];
        _losses = new float[rows];
        _values = new float[rows];
        _rows = objective is IRandomObjective drawing ? new RandomRows(network, drawing, random) : null;
    }

    /// <summary>0: a step is complete when <see cref="Begin"/> returns.</summary>
    public int StepsAhead => 0;

    /// <inheritdoc/>
    public void Begin(SampledBatch batch, float learningRate)
    {
        Shapes.RequireBatch(_network.Spec, batch, _rows?.InputLength ?? 0);
        Shapes.RequireLearningRate(learningRate);
        if (_priorities.Length < batch.Count)
        {
            _priorities = new float[batch.Count];
        }

        // An objective that writes no priorities must not send those of an earlier batch.
        _priorities.AsSpan(0, batch.Count).Clear();
        _pass.ClearGradient();
        double lossSum = 0;
        double valueSum = 0;
        _rows?.Begin(_network.Steps, batch.Count);
        int samples = _rows?.BlockSamples ?? _network.BlockRows;
        for (int row = 0; row < batch.Count; row += samples)
        {
            Evaluate(batch, row, Math.Min(samples, batch.Count - row), ref lossSum, ref valueSum);
        }

        float norm = _network.SumGradients(new ReadOnlySpan<INetworkPass>(in _pass));
        var result = new TrainResult((float)(lossSum / batch.Count), (float)(valueSum / batch.Count), norm);
        NonFiniteUpdateException? rejected = null;
        if (!NonFinite.IsNone(result))
        {
            rejected = NonFinite.Create(_network.Steps + 1, result, batch);
        }
        else if (NonFinite.FindInvalidPriority(_priorities.AsSpan(0, batch.Count)) is { } fault)
        {
            rejected = new NonFiniteUpdateException(FormattableString.Invariant($"update {_network.Steps + 1} was rejected and not applied: {fault}"));
        }
        else
        {
            _network.Apply(_pass, norm, learningRate);
        }

        _pending = (result, rejected, batch.Count);
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
    public void Dispose() => _pass.Dispose();

    private void Evaluate(SampledBatch batch, int row, int rows, ref double lossSum, ref double valueSum)
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
                _pass.Forward(passes[i].Parameters, passes[i].IsNext ? next : observations, rows, _passes.AsSpan(i * _passStride, _passStride));
            }
        }
        else
        {
            for (int i = 0; i < passes.Length; i++)
            {
                ReadOnlySpan<byte> drawn = _rows.Compose(i, passes[i].IsNext ? next : observations, row, rows);
                _pass.Forward(passes[i].Parameters, drawn, rows * passes[i].Draws, _passes.AsSpan(i * _passStride, _passStride));
            }

            draws = _rows.Draws;
            observations = _rows.Compose(passes.Length, observations, row, rows);
            actions = _rows.Repeat(actions);
        }

        int width = draws * _network.Spec.Head.Outputs;
        Span<float> outputs = _outputs.AsSpan(0, rows * width);
        Span<float> gradients = _gradients.AsSpan(0, rows * width);
        _pass.ForwardChosen(observations, actions, outputs);
        _objective.Evaluate(new ObjectiveBlock(_passes, _passStride)
        {
            Actions = _network.Spec.ActionCount,
            Returns = batch.Returns.Slice(row, rows),
            Discounts = batch.Discounts.Slice(row, rows),
            Draws = draws,
            Inputs = _rows is null ? [] : _rows.Inputs(row, rows),
            Outputs = outputs,
            Gradients = gradients,
            Losses = _losses.AsSpan(0, rows),
            Values = _values.AsSpan(0, rows),
            Priorities = _priorities.AsSpan(row, rows),
        });

        // Weighted, then averaged once: clipping comes after both.
        ReadOnlySpan<float> weights = batch.Weights.Slice(row, rows);
        for (int i = 0; i < rows; i++)
        {
            lossSum += (double)weights[i] * _losses[i];
            valueSum += _values[i];
            foreach (ref float gradient in gradients.Slice(i * width, width))
            {
                gradient = weights[i] * gradient / batch.Count;
            }
        }

        _pass.Backward(observations, actions, gradients);
    }
}
