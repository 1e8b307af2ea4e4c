using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Replays one recorded step from a given state.</summary>
internal static class SingleStepVerifier
{
    /// <summary>Replays one line. Returns false at the first difference.</summary>
    public static bool Verify(RecordedLine line, RecordedEnvironment environment, Comparison comparison)
    {
        if (environment.Stateful is null)
        {
            throw line.Error($"{environment.Id} has no state that can be set, expected an IStatefulEnvironment");
        }

        comparison.Step = 0;
        environment.Environment.Reset(null, environment.Observation);
        environment.SetState(line, "state");
        StepResult result;
        try
        {
            result = environment.Environment.Step(line.Integer("action"), environment.Observation);
        }
        catch (EnvironmentFaultException e)
        {
            throw line.Error(e.Message, e);
        }

        comparison.Steps++;
        return environment.CompareState(line, "next_state", comparison)
            && environment.Compare(line, "obs", comparison)
            && comparison.Number("reward", line.Number("reward"), result.Reward)
            && comparison.Flag("terminated", line.Flag("terminated"), result.Terminated)
            && (environment.Vector is null || environment.Vector.Verify(line, comparison));
    }
}
