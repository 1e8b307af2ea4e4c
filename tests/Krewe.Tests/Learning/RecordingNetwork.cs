using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>A trainable network that learns nothing and records the calls made to it.</summary>
internal sealed class RecordingNetwork : INetwork, INetworkUpdate
{
    private readonly Queue<(int Update, SampledBatch Batch, long FirstPosition)> _underWay = [];

    public NetworkSpec Spec { get; } = new(ElementType.Float32, observationLength: 2, inputWidth: 2, [], actionCount: 2);

    PolicySpec IQFunction.Spec => Spec;

    public List<float> LearningRates { get; } = [];

    /// <summary>The number of updates after which the target was moved, and by how much.</summary>
    public List<(int Update, float Tau)> TargetMoves { get; } = [];

    public TrainResult Result { get; set; } = new(Loss: 1.5f, MeanQ: 2.5f, GradientNorm: 3.5f);

    public Exception? Failure { get; set; }

    public bool Disposed { get; private set; }

    public int BlockRows => throw new NotSupportedException();

    public long Steps => LearningRates.Count;

    public static float TdError(int update, int sample) => (sample % 2 == 0 ? -1 : 1) * ((100 * update) + sample);

    public int StepsAhead { get; init; }

    /// <summary>The most updates that were begun and not ended at a time.</summary>
    public int MostUnderWay { get; private set; }

    public void Begin(SampledBatch batch, float learningRate)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        LearningRates.Add(learningRate);
        _underWay.Enqueue((LearningRates.Count, batch, batch.Positions[0]));
        MostUnderWay = Math.Max(MostUnderWay, _underWay.Count);
    }

    public TrainResult End(Span<float> priorities)
    {
        (int update, SampledBatch batch, long first) = _underWay.Dequeue();
        Assert.Equal(batch.Count, priorities.Length);
        Assert.Equal(first, batch.Positions[0]);
        for (int i = 0; i < priorities.Length; i++)
        {
            priorities[i] = Math.Abs(TdError(update, i));
        }

        return Result;
    }

    public INetworkUpdate CreateUpdate(IObjective objective, Func<long, Pcg64>? random = null) => this;

    public INetworkPass CreatePass() => throw new NotSupportedException();

    public float SumGradients(ReadOnlySpan<INetworkPass> passes) => throw new NotSupportedException();

    public void Apply(INetworkPass pass, float norm, float learningRate) => throw new NotSupportedException();

    public void UpdateTarget(float tau) => TargetMoves.Add((LearningRates.Count, tau));

    /// <summary>Every parameter is the number of updates so far.</summary>
    public void ReadParameters(Span<float> parameters)
    {
        Assert.Empty(_underWay);
        parameters.Fill(LearningRates.Count);
    }

    public void Visit(IStateVisitor visitor)
    {
        long steps = LearningRates.Count;
        visitor.Number("adam.step", ref steps, least: 0);
    }

    public void WriteParameters(ReadOnlySpan<float> parameters) => throw new NotSupportedException();

    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues) => throw new NotSupportedException();

    public void Dispose() => Disposed = true;
}
