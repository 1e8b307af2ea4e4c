using Krewe.Contracts;
using Krewe.Learner;
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

    /// <summary>Makes it, with the run's initial parameters.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="say">Told when the device was chosen for want of another.</param>
    /// <exception cref="KreweException">There is no libtorch, no such device or not enough memory on it.</exception>
    public static ITrainableQNetwork Make(RunPlan plan, Action<string> say)
    {
        Pcg64 random = RandomStreams.Create(plan.Options.Run.Seed, RandomStream.Network);
        return plan.Options.Learner.Backend == BackendKind.Torch
            ? new TorchQNetwork(plan.Network, plan.Options.Learner, random, say)
            : new MlpQNetwork(plan.Network, plan.Options.Learner, random);
    }
}
