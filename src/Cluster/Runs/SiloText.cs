using Krewe.Contracts.Grains;
using Krewe.Contracts.Options;

namespace Krewe.Cluster.Runs;

/// <summary>States in words, the same in messages and on the command line.</summary>
internal static class SiloText
{
    public static string Of(RunState state) => OptionSchema.ToKey(state.ToString());
}
