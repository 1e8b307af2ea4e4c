using System.Net;
using Krewe.Contracts;

namespace Krewe.Cluster.Tests;

public sealed class SiloPortsTests
{
    [Theory]
    [InlineData(1, 1, 3, null, "--silo-port 1 and --gateway-port 1")]
    [InlineData(1, 2, 1, null, "--silo-port 1 and --health-port 1")]
    [InlineData(1, 2, 2, null, "--gateway-port 2 and --health-port 2")]
    [InlineData(1, 2, 3, 2, "--listen-port 2 and --gateway-port 2")]
    public void A_port_that_is_given_twice_is_refused_naming_both_options(int silo, int gateway, int health, int? listen, string names) =>
        Assert.StartsWith(names, Assert.Throws<InvalidOptionException>(() => SiloPorts.CheckDistinct(Settings(silo, gateway, health, listen))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(1, 2, 3, null)]
    [InlineData(1, 2, -1, null)]
    [InlineData(1, 2, 0, null)]
    [InlineData(1, 2, 3, 4)]
    public void Distinct_ports_are_accepted(int silo, int gateway, int health, int? listen) => SiloPorts.CheckDistinct(Settings(silo, gateway, health, listen));

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("8.8.8.8", false)]
    public void An_address_of_this_machine_is_distinguished_from_another(string address, bool isHere) =>
        Assert.Equal(isHere, SiloPorts.IsOfThisMachine(IPAddress.Parse(address)));

    private static SiloSettings Settings(int silo, int gateway, int health, int? listen) =>
        new() { SiloPort = silo, GatewayPort = gateway, HealthPort = health, ListenPort = listen };
}
