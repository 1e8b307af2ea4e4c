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
    /// <exception cref="KreweException">libtorch or the device is missing; the message says what was found.</exception>
    public static void Check(LearnerOptions options)
    {
        if (options.Backend == BackendKind.Torch)
        {
            TorchDevices.Resolve(options.Device);
        }
    }

    /// <summary>Creates the network, with the run's initial parameters.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="say">Called with a message when the device was chosen because no other is available.</param>
    /// <exception cref="KreweException">libtorch or the device is missing, or the device has too little memory.</exception>
    public static ITrainableQNetwork Make(RunPlan plan, Action<string> say)
    {
        Pcg64 random = RandomStreams.Create(plan.Options.Run.Seed, RandomStream.Network);
        return plan.Options.Learner.Backend == BackendKind.Torch
            ? new TorchQNetwork(plan.Network, plan.Options.Learner, random, say)
            : new MlpQNetwork(plan.Network, plan.Options.Learner, random);
    }
}
