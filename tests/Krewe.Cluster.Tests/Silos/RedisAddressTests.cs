using System.Net;
using Krewe.Contracts;
using StackExchange.Redis;

namespace Krewe.Cluster.Tests;

public sealed class RedisAddressTests
{
    [Theory]
    [InlineData("redis://10.0.0.5:6380", "10.0.0.5", 6380, false, null, "env")]
    [InlineData("redis://redis", "redis", 6379, false, null, "env")]
    [InlineData("rediss://redis.example/", "redis.example", 6379, true, null, "env")]
    [InlineData("redis://:secret@redis:1", "redis", 1, false, null, "secret")]
    [InlineData("redis://me:p%40ss@redis:1", "redis", 1, false, "me", "p@ss")]
    public void An_address_is_parsed(string address, string host, int port, bool tls, string? user, string? password)
    {
        ConfigurationOptions options = RedisAddress.Parse("--cluster", address, "env");
        EndPoint endPoint = Assert.Single(options.EndPoints);
        (string name, int number) = endPoint is DnsEndPoint dns ? (dns.Host, dns.Port) : (((IPEndPoint)endPoint).Address.ToString(), ((IPEndPoint)endPoint).Port);
        Assert.Equal((host, port, tls, user, password), (name, number, options.Ssl, options.User, options.Password));
    }

    [Theory]
    [InlineData("")]
    [InlineData("redis")]
    [InlineData("http://redis:6379")]
    [InlineData("redis://redis:6379/0/more")]
    [InlineData("redis://redis:99999")]
    public void An_invalid_address_is_refused_with_what_was_expected(string address)
    {
        string message = Assert.Throws<InvalidOptionException>(() => RedisAddress.Parse("KREWE_CLUSTER", address, null)).Message;
        Assert.StartsWith($"KREWE_CLUSTER {address}", message, StringComparison.Ordinal);
        Assert.Contains("redis://HOST:PORT", message, StringComparison.Ordinal);
    }
}
