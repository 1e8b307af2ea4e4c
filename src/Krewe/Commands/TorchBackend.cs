using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Torch;

namespace Krewe.Cli;

/// <summary>The torch backend of <c>krewe train</c>. Its assemblies are loaded on the first call.</summary>
internal static class TorchBackend
{
    /// <summary>Creates the network to train; warns on standard error when <c>learner.device auto</c> fell back to the CPU.</summary>
    [SuppressMessage("Performance", "CA1859", Justification = "A caller that sees TorchNetwork loads its assembly.")]
    public static INetwork Create(NetworkSpec spec, LearnerOptions options, Pcg64 random) =>
        new TorchNetwork(spec, options, random, note => Console.Error.WriteLine($"krewe: {note}"));
}
