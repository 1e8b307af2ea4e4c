using System.CommandLine;
using System.Net;
using Krewe.Cli;
using Krewe.Contracts;

namespace Krewe.Cluster.Tests;

public sealed class HostOptionTests
{
    private readonly HostOption _option = new("--test-port", "A port", "PORT", "11111");

    [Fact]
    public void The_command_line_comes_before_the_default()
    {
        Assert.Equal(11111, _option.Number(Parse(), 1, 65535));
        Assert.Equal(3, _option.Number(Parse("--test-port", "3"), 1, 65535));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("1.5")]
    [InlineData("99999999999")]
    public void An_invalid_number_is_refused(string text) =>
        Assert.Equal($"--test-port {text}: expected a whole number from 1 to 65535", Refused(() => _option.Number(Parse("--test-port", text), 1, 65535)));

    [Fact]
    public void An_end_point_is_parsed()
    {
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 30000), Assert.Single(_option.EndPoints(Parse("--test-port", "127.0.0.1:30000"))));
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 1), Assert.Single(_option.EndPoints(Parse("--test-port", "[::1]:1"))));
    }

    [Fact]
    public void Several_end_points_are_parsed()
    {
        IPEndPoint[] expected = [new(IPAddress.Loopback, 1), new(IPAddress.Loopback, 2)];
        Assert.Equal(expected, _option.EndPoints(Parse("--test-port", "127.0.0.1:1, 127.0.0.1:2")));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData(":30000")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("127.0.0.1:x")]
    [InlineData("127.0.0.1:1,")]
    [InlineData("127.0.0.1:1,127.0.0.1")]
    public void An_invalid_end_point_is_refused(string text) =>
        Assert.Contains("expected HOST:PORT", Refused(() => _option.EndPoints(Parse("--test-port", text))), StringComparison.Ordinal);

    [Fact]
    public void The_help_names_the_variable_and_the_default() =>
        Assert.Equal("A port (KREWE_TEST_PORT, default 11111)", _option.Option.Description);

    private static string Refused(Action action) => Assert.Throws<InvalidOptionException>(action).Message;

    private ParseResult Parse(params string[] arguments)
    {
        var command = new RootCommand();
        command.Options.Add(_option.Option);
        return command.Parse(arguments);
    }
}
