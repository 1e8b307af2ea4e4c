using Krewe.Contracts.Networks;
namespace Krewe.Learner.Checkpoints;
internal static class SafetensorsState
{
    public static void Write(string path, QNetworkState state) { using var f = File.Create(path); f.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(state.Online)); }
    public static QNetworkState Read(string path, NetworkSpec spec) { var s = new QNetworkState(spec); return s; }
}
