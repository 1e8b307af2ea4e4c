using Krewe.Environments;

namespace Krewe.Tests;

public class GoldenReplayTests
{
    [Theory]
    [InlineData("CartPole-v1.jsonl.gz", 391, true)]
    [InlineData("CartPole-v1-single-step.jsonl.gz", 1000, true)]
    [InlineData("MountainCar-v0-single-step.jsonl.gz", 1000, true)]
    [InlineData("Acrobot-v1-single-step.jsonl.gz", 1000, true)]
    [InlineData("FrozenLake-v1-4x4-slippery.jsonl", 150, false)]
    [InlineData("FrozenLake-v1-4x4-notslippery.jsonl", 191, false)]
    [InlineData("CliffWalking-v1-optimal.jsonl", 345, false)]
    [InlineData("Taxi-v4-optimal.jsonl", 303, false)]
    [InlineData("FrozenLake-v1-4x4-slippery-P.json", 152, false)]
    [InlineData("FrozenLake-v1-4x4-notslippery-P.json", 64, false)]
    [InlineData("CliffWalking-v1-P.json", 192, false)]
    [InlineData("Taxi-v4-P.json.gz", 3000, false)]
    public void Recordings_replay_exactly(string file, long steps, bool vectorized)
    {
        VerificationResult result = Golden.Verify(Golden.File(file));

        Assert.True(result.Passed, result.Mismatch?.ToString());
        Assert.Equal(steps, result.Steps);
        Assert.Equal(vectorized ? steps : 0, result.VectorSteps);
        Assert.InRange(result.MaxStateDeviation, 0, 1e-14);
        Assert.InRange(result.MaxObservationUlps, 0, 1);
        Assert.StartsWith(result.Environments.Single(), file, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_streams_are_NumPys()
    {
        VerificationResult result = Golden.Verify(Golden.File("numpy-pcg64.jsonl"));

        Assert.True(result.Passed, result.Mismatch?.ToString());
        Assert.Equal(26 * 106, result.Steps);
    }
}
