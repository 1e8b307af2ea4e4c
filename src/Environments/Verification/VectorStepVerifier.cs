using System.Runtime.InteropServices;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Replays recorded steps in a native vectorized environment, several at once, each from its recorded state. For a step that ends an
/// episode, the final observation is compared and the state after the automatic reset is not.
/// </summary>
internal sealed class VectorStepVerifier : IDisposable
{
    // More than one vector of the widest kind, and not a multiple of its width: both the vector code and the remainder code run.
    private const int Batch = 19;

    private readonly IStatefulVectorEnvironment _environment;
    private readonly int _bytes;
    private readonly int[] _actions = new int[Batch];
    private readonly byte[] _observations;
    private readonly byte[] _finalObservations;
    private readonly float[] _rewards = new float[Batch];
    private readonly byte[] _terminated = new byte[Batch];
    private readonly byte[] _truncated = new byte[Batch];

    private VectorStepVerifier(IStatefulVectorEnvironment environment)
    {
        _environment = environment;
        _bytes = environment.ObservationSpace.ByteSize;
        _observations = new byte[Batch * _bytes];
        _finalObservations = new byte[Batch * _bytes];
    }

    /// <summary>Creates a verifier; null if there is no native vectorized version whose state can be set.</summary>
    public static VectorStepVerifier? TryCreate(EnvironmentRegistry registry, string id, IReadOnlyDictionary<string, JsonElement> arguments)
    {
        if (!registry.HasNativeVector(id))
        {
            return null;
        }

        IVectorEnvironment environment = registry.MakeVector(id, Batch, arguments);
        if (environment is IStatefulVectorEnvironment stateful)
        {
            return new VectorStepVerifier(stateful);
        }

        environment.Dispose();
        return null;
    }

    /// <summary>Replays the steps of an episode, each from the recorded state before it.</summary>
    public bool Verify(RecordedLine line, RecordedLine[] steps, Comparison comparison)
    {
        int length = _environment.StateLength;
        for (int first = 0; first < steps.Length; first += Batch)
        {
            int count = Math.Min(Batch, steps.Length - first);
            _environment.Reset(0, _observations);
            for (int j = 0; j < count; j++)
            {
                int i = first + j;
                if (i > 0 || line.Has("reset_state"))
                {
                    _environment.SetState(j, i == 0 ? line.Numbers("reset_state", length) : steps[i - 1].Numbers("state", length));
                }

                _actions[j] = steps[i].Integer("action");
            }

            Step();
            for (int j = 0; j < count; j++)
            {
                comparison.Step = first + j + 1;
                if (!Compare(j, steps[first + j], "state", comparison))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Replays one step, in every lane.</summary>
    public bool Verify(RecordedLine line, Comparison comparison)
    {
        _environment.Reset(0, _observations);
        double[] state = line.Numbers("state", _environment.StateLength);
        for (int j = 0; j < Batch; j++)
        {
            _environment.SetState(j, state);
        }

        Array.Fill(_actions, line.Integer("action"));
        Step();
        comparison.VectorSteps -= Batch - 1;
        for (int j = 0; j < Batch; j++)
        {
            if (!Compare(j, line, "next_state", comparison))
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose() => _environment.Dispose();

    private void Step() => _environment.Step(_actions, new VectorStep
    {
        Observations = _observations,
        FinalObservations = _finalObservations,
        Rewards = _rewards,
        Terminated = _terminated,
        Truncated = _truncated,
    });

    private bool Compare(int instance, RecordedLine step, string stateField, Comparison comparison)
    {
        comparison.IsVector = true;
        bool ended = (_terminated[instance] | _truncated[instance]) != 0;
        ReadOnlySpan<byte> observation = (ended ? _finalObservations : _observations).AsSpan(instance * _bytes, _bytes);
        Span<double> state = stackalloc double[_environment.StateLength];
        _environment.GetState(instance, state);
        bool equal = comparison.Flag("terminated", step.Flag("terminated"), _terminated[instance] != 0)
            && comparison.Number("reward", (float)step.Number("reward"), _rewards[instance])
            && comparison.Observation("obs", step.Numbers("obs", _environment.ObservationSpace.Length), MemoryMarshal.Cast<byte, float>(observation))
            && (ended || comparison.State(stateField, step.Numbers(stateField, state.Length), state));
        comparison.IsVector = false;
        comparison.VectorSteps++;
        return equal;
    }
}
