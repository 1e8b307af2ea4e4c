using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

public class DiscreteStartTests
{
    [Fact]
    public void A_vector_environment_counts_actions_and_discrete_observations_from_zero_whatever_their_start()
    {
        using var environments = new ScalarVectorEnvironment(new Echo(), new Echo());
        var observations = new byte[8];
        var final = new byte[8];
        environments.Reset(seed: 0, observations);
        Assert.Equal([0, 0], MemoryMarshal.Cast<byte, int>(observations).ToArray());

        environments.Step((int[])[2, 1], new VectorStep
        {
            Observations = observations,
            FinalObservations = final,
            Rewards = new float[2],
            Terminated = new byte[2],
            Truncated = new byte[2],
        });

        // Action 2 is the last: it ends the episode, so that the observation to act on is the first of the next.
        Assert.Equal([0, 1], MemoryMarshal.Cast<byte, int>(observations).ToArray());
        Assert.Equal(2, MemoryMarshal.Cast<byte, int>(final)[0]);
    }

    /// <summary>Actions 5 to 7, observations 10 to 12: shows the action that it was given.</summary>
    private sealed class Echo() : Environment<int>(new DiscreteSpace(n: 3, start: 10), new DiscreteSpace(n: 3, start: 5))
    {
        public override StepResult Step(int action, Span<int> observation)
        {
            observation[0] = 10 + (action - 5);
            return action == 7 ? Terminate() : Continue();
        }

        protected override void Reset(Span<int> observation) => observation[0] = 10;
    }
}
