using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Policies for one actor, which acts with the network of the test.</summary>
internal sealed class StubPolicies(StubQNetwork network) : IPolicySource, IPolicySink
{
    private float[] _newest = [];

    public StubQNetwork Network => network;

    public long Version { get; private set; } = -1;

    public IPolicyNetwork CreateNetwork() => new Follower(this);

    public bool Publish(long version, ReadOnlySpan<float> parameters)
    {
        Assert.True(version > Version);
        (Version, _newest) = (version, parameters.ToArray());
        return true;
    }

    public bool Publish(long version, IParameterSource parameters) => throw new NotSupportedException();

    private sealed class Follower(StubPolicies policies) : IPolicyNetwork
    {
        public PolicySpec Spec => policies.Network.Spec;

        public long Version { get; private set; } = -1;

        public bool Refresh()
        {
            if (policies.Version == Version)
            {
                return false;
            }

            Version = policies.Version;
            policies.Network.WriteParameters(policies._newest);
            return true;
        }

        public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues) =>
            policies.Network.Forward(observations, count, qValues);

        public void Dispose() => policies.Network.Dispose();
    }
}
