using Krewe.Contracts;
using Krewe.Runtime;
using Krewe.Torch;


namespace Krewe.Cluster;

/// <summary>The network that a run's learner trains, on the backend that the run asks for. Nobody else in a silo loads libtorch.</summary>
internal static class LearnerNetworks
{
    /// <summary>Refuses a backend or device that this machine has not, before anything starts.</summary>
    /// <param name="options">The learner's options.</param>
    /// <exception cref="KreweException">There is no libtorch or no such device here; says what was found.</exception>
    public static void Check(LearnerOptions options)
    {
        if (options.Backend == BackendKind.Torch)
        {
            TorchDevices.Resolve(options.Device);
        }
    }

    /// <summary>Creates the network on the backend that the options ask for; null for the managed backend.</summary>
    /// <param name="options">The learner's options.</param>
    /// <param name="say">Told when the device was chosen for want of another.</param>
    public static CreateNetwork? For(LearnerOptions options, Action<string> say) => options.Backend == BackendKind.Torch
        ? (spec, learner, random) => new TorchQNetwork(spec, learner, random, say)
        : null;
}
