using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>A network with the updates of an objective, by default those of DQN.</summary>
internal sealed class TrainedNetwork(INetwork network, LearnerOptions options, IObjective? objective = null) : IDisposable
{
    private readonly INetworkUpdate _update = network.CreateUpdate(objective ?? new DqnObjective(TemporalDifference.Of(options)));

    public NetworkSpec Spec => network.Spec;

    public int StepsAhead => _update.StepsAhead;

    public static TrainedNetwork Mlp(NetworkSpec spec, LearnerOptions options, Pcg64 random, KernelSet? kernels = null, IObjective? objective = null) =>
        new(new MlpNetwork(spec, options, random, kernels ?? KernelSet.Best), options, objective);

    public TrainResult Train(SampledBatch batch, float learningRate, Span<float> priorities)
    {
        Begin(batch, learningRate);
        return End(priorities);
    }

    public void Begin(SampledBatch batch, float learningRate) => _update.Begin(batch, learningRate);

    public TrainResult End(Span<float> priorities) => _update.End(priorities);

    public void UpdateTarget(float tau) => network.UpdateTarget(tau);

    public NetworkState State() => NetworkState.Of(network);

    public void WriteState(NetworkState state) => state.ToState().Restore(network.Visit);

    public void ReadParameters(Span<float> parameters) => network.ReadParameters(parameters);

    public void WriteParameters(ReadOnlySpan<float> parameters) => network.WriteParameters(parameters);

    public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues) => network.Forward(observations, count, qValues);

    public void Dispose()
    {
        _update.Dispose();
        network.Dispose();
    }
}
