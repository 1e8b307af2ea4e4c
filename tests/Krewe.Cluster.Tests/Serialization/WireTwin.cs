using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Krewe.Cluster.Tests;

/// <summary>Orleans' serializer as configured for a client.</summary>
internal static class WireTwin
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    public static byte[] Write<T>(T value) => Serializer.SerializeToArray(value);

    public static T Read<T>(byte[] bytes) => Serializer.Deserialize<T>(bytes)!;

    public static T Cross<T>(T value) => Read<T>(Write(value));

    /// <summary>Whether the bytes are refused; an exception that callers do not expect fails the test.</summary>
    public static bool Refuses<T>(byte[] bytes)
    {
        try
        {
            _ = Read<T>(bytes);
            return false;
        }
        catch (Exception)
        {
            return true;
        }
    }
}
