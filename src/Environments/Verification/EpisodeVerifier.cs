using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Replays a recorded episode. If states were recorded, every step starts from the state recorded before it, because a replay from
/// the reset would amplify rounding. Toy text environments are replayed from their seed, or without one from the recorded uniform numbers.
/// </summary>
internal static class EpisodeVerifier
{
    /// <summary>Replays one line. Returns false at the first difference.</summary>
    public static bool Verify(RecordedLine line, RecordedEnvironment environment, Comparison comparison)
    {
        comparison.Step = 0;
        if (!Reset(line, environment, comparison))
        {
            return false;
        }

        RecordedLine[] steps = line.Objects("steps");
        CheckLength(line, steps);
        bool fromState = environment.Stateful is not null && steps.Length > 0 && steps[0].Has("state");
        bool seeded = line.Has("seed");
        double total = 0;
        for (int i = 0; i < steps.Length; i++)
        {
            comparison.Step = i + 1;
            if (fromState && (i > 0 || line.Has("reset_state")))
            {
                environment.SetState(i == 0 ? line : steps[i - 1], i == 0 ? "reset_state" : "state");
            }

            if (!Step(steps[i], environment, comparison, fromState, seeded))
            {
                return false;
            }

            total += steps[i].Number("reward");
            comparison.Steps++;
        }

        if (line.Has("return") && Math.Abs(line.Number("return") - total) > 1e-9 * Math.Max(1, Math.Abs(total)))
        {
            return comparison.Number("return", line.Number("return"), total);
        }

        return environment.Vector is null || !fromState || environment.Vector.Verify(line, steps, comparison);
    }

    private static bool Reset(RecordedLine line, RecordedEnvironment environment, Comparison comparison)
    {
        if (line.Has("seed"))
        {
            ulong seed = line.Seed("seed");
            environment.Environment.Reset(seed, environment.Observation);
            if (line.Has("reset_uniforms") && !CompareUniforms(line.Numbers("reset_uniforms"), seed, comparison))
            {
                return false;
            }
        }
        else if (environment.Tabular is { } tabular && line.Has("reset_uniforms"))
        {
            environment.Environment.Reset(null, environment.Observation);
            tabular.ResetWith(line.Numbers("reset_uniforms")[0], MemoryMarshal.Cast<byte, int>(environment.Observation));
        }
        else if (environment.Stateful is not null && line.Has("reset_state"))
        {
            // Without a seed the initial state is taken from the recording.
            environment.Environment.Reset(null, environment.Observation);
            environment.SetState(line, "reset_state");
            return true;
        }
        else
        {
            throw line.Error("seed is missing, expected a seed, reset_uniforms or reset_state to start from");
        }

        return (!line.Has("reset_obs") || environment.Compare(line, "reset_obs", comparison))
            && (environment.Stateful is null || !line.Has("reset_state") || environment.CompareState(line, "reset_state", comparison))
            && environment.CompareActionMask(line, "reset_action_mask", comparison);
    }

    private static bool Step(RecordedLine step, RecordedEnvironment environment, Comparison comparison, bool fromState, bool seeded)
    {
        int action = step.Integer("action");
        StepResult result;
        double[]? uniforms = environment.Tabular is not null && step.Has("uniforms") ? step.Numbers("uniforms") : null;
        if (!seeded && environment.Tabular is { } tabular)
        {
            result = StepFromUniform(step, environment, tabular, action, uniforms);
        }
        else
        {
            result = Step(step, environment, action);
        }

        return environment.Compare(step, "obs", comparison)
            && comparison.Number("reward", step.Number("reward"), result.Reward)
            && comparison.Flag("terminated", step.Flag("terminated"), result.Terminated)
            && (!step.Has("truncated") || comparison.Flag("truncated", step.Flag("truncated"), result.Truncated))
            && (!fromState || environment.CompareState(step, "state", comparison))
            && (environment.Tabular is null || !step.Has("prob")
                || comparison.Number("prob", step.Number("prob"), environment.Tabular.LastProbability))
            && (uniforms is not { Length: > 0 } || comparison.Number("uniforms[0]", uniforms[0], environment.Tabular!.LastUniform))
            && environment.CompareActionMask(step, "action_mask", comparison);
    }

    private static StepResult Step(RecordedLine step, RecordedEnvironment environment, int action)
    {
        try
        {
            return environment.Environment.Step(action, environment.Observation);
        }
        catch (EnvironmentFaultException e)
        {
            throw step.Error(e.Message, e);
        }
    }

    private static StepResult StepFromUniform(
        RecordedLine step, RecordedEnvironment environment, TabularEnvironment tabular, int action, double[]? uniforms)
    {
        if (uniforms is not { Length: > 0 })
        {
            throw step.Error($"{step.Place}uniforms is missing, expected the uniform number that the step drew, because the episode has no seed");
        }

        if (action < 0 || action >= tabular.Table.Actions)
        {
            throw step.Wrong("action", $"0 to {tabular.Table.Actions - 1}");
        }

        // This bypasses the wrappers and with them the time limit, so the truncation is taken from the recording.
        StepResult result = tabular.StepWith(uniforms[0], action, MemoryMarshal.Cast<byte, int>(environment.Observation));
        return result with { Truncated = step.Has("truncated") && step.Flag("truncated") };
    }

    private static bool CompareUniforms(double[] expected, ulong seed, Comparison comparison)
    {
        var stream = new Pcg64(seed);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!comparison.Number($"reset_uniforms[{i}]", expected[i], stream.NextDouble()))
            {
                return false;
            }
        }

        return true;
    }

    private static void CheckLength(RecordedLine line, RecordedLine[] steps)
    {
        if (line.Has("length") && line.Integer("length") != steps.Length)
        {
            throw line.Wrong("length", $"{steps.Length}, the number of steps in the line");
        }
    }
}
