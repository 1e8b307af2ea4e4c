using Krewe.Contracts;
using Krewe.Contracts.Grains;


namespace Krewe.Cluster;

/// <summary>States in words, the same in messages and on the command line.</summary>
internal static class SiloText
{
    public static string Of(RunState state) => OptionSchema.ToKey(state.ToString());
}
