using Krewe.Contracts;
using Krewe.Networks;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>Transfers a batch of B rows to the device.</summary>
internal sealed class BatchStage : IDisposable
{
    private readonly ObservationStage _observations;
    private readonly ObservationStage _nextObservations;
    private readonly StagedTensor _floats;
    private readonly StagedTensor _actions;

    public BatchStage(NetworkSpec spec, int rows, Device device)
    {
        Rows = rows;
        _observations = new ObservationStage(spec, rows, device);
        _nextObservations = new ObservationStage(spec, rows, device);
        _floats = new StagedTensor([3, rows, 1], ScalarType.Float32, device);
        _actions = new StagedTensor([rows, 1], ScalarType.Int64, device);
        Returns = Column(0);
        Discounts = Column(1);
        Weights = Column(2);
    }

    /// <summary>Number of rows, B.</summary>
    public int Rows { get; }

    /// <summary>Observations s, as <see cref="ObservationStage"/> stages them.</summary>
    public Tensor Observations => _observations.Tensor;

    /// <summary>Next observations s', as <see cref="ObservationStage"/> stages them.</summary>
    public Tensor NextObservations => _nextObservations.Tensor;

    /// <summary>Discounted returns R, [B, 1].</summary>
    public Tensor Returns { get; }

    /// <summary>Discounts d, [B, 1].</summary>
    public Tensor Discounts { get; }

    /// <summary>Weights of the samples' losses, [B, 1].</summary>
    public Tensor Weights { get; }

    /// <summary>Actions a, [B, 1].</summary>
    public Tensor Actions => _actions.OnDevice;

    /// <summary>Copies a batch and starts the transfer. The batch may change as soon as this returns.</summary>
    public void Fill(SampledBatch batch)
    {
        _observations.Fill(batch.Observations);
        _nextObservations.Fill(batch.NextObservations);
        Span<float> floats = _floats.Host<float>();
        batch.Returns.CopyTo(floats);
        batch.Discounts.CopyTo(floats[Rows..]);
        batch.Weights.CopyTo(floats[(2 * Rows)..]);
        _floats.Send();
        ObservationStage.Widen(batch.Actions, _actions.Host<long>());
        _actions.Send();
    }

    public void Dispose()
    {
        Returns.Dispose();
        Discounts.Dispose();
        Weights.Dispose();
        _actions.Dispose();
        _floats.Dispose();
        _nextObservations.Dispose();
        _observations.Dispose();
    }

    private Tensor Column(int index)
    {
        using Tensor column = _floats.OnDevice.narrow(0, index, 1);
        return column.view(Rows, 1);
    }
}
