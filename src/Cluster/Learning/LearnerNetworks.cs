using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Runtime;
using Krewe.Torch;

namespace Krewe.Cluster;

/// <summary>The network that a run's learner trains, on the backend that the run selects. Nothing else in a silo loads libtorch.</summary>
internal static class LearnerNetworks
{
    /// <summary>Refuses a backend or device that this machine lacks, before anything starts.</summary>
    /// <param name="options">The learner's options.</param>
    /// <exception cref="InvalidOptionException">libtorch or the device is missing; the message says what was found.</exception>
    public static void Check(LearnerOptions options)
    {
        if (options.Backend == BackendKind.Torch)
        {
            TorchDevices.Resolve(options.Device);
        }
    }

    /// <summary>Creates the network on the backend that the options ask for; null for the managed backend.</summary>
    /// <param name="options">The learner's options.</param>
    /// <param name="say">Called with a message when the device was chosen because no other is available.</param>
    public static CreateNetwork? For(LearnerOptions options, Action<string> say) => options.Backend == BackendKind.Torch
        ? (spec, learner, random) => new TorchNetwork(spec, learner, random, say)
        : null;
}
