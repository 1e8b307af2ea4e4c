using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Runtime;
using Krewe.Torch;

namespace Krewe.Cluster;

/// <summary>Creates the network of a run's learner on the selected backend. Nothing else in a silo loads libtorch.</summary>
internal static class LearnerNetworks
{
    /// <summary>Throws if the backend or device is not available on this machine, before anything starts.</summary>
    /// <param name="options">The learner's options.</param>
    /// <exception cref="InvalidOptionException">libtorch or the device is missing; the message says what was found.</exception>
    public static void Check(LearnerOptions options)
    {
        if (options.Backend == BackendKind.Torch)
        {
            TorchDevices.Resolve(options.Device);
        }
    }

    /// <summary>Returns the factory of the selected backend; null for the managed backend.</summary>
    /// <param name="options">The learner's options.</param>
    /// <param name="say">Called with a message when the device was chosen because no other is available.</param>
    public static CreateNetwork? For(LearnerOptions options, Action<string> say) => options.Backend == BackendKind.Torch
        ? (spec, learner, random) => new TorchQNetwork(spec, learner, random, say)
        : null;
}
