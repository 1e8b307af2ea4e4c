using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>One option of a silo or client, with its environment variable and default in the help.</summary>
/// <param name="name">For example <c>--silo-port</c>.</param>
/// <param name="description">One line.</param>
/// <param name="helpName">Placeholder of the value in the help.</param>
/// <param name="defaultValue">The default; null for none.</param>
internal sealed class HostOption(string name, string description, string helpName, string? defaultValue)
{
    /// <summary>The option for the parser.</summary>
    public Option<string?> Option { get; } = new(name) { Description = Describe(name, description, defaultValue), HelpName = helpName };

    /// <summary>The value; null when there is neither a value nor a default.</summary>
    public string? Get(ParseResult parsed) => parsed.GetValue(Option) ?? defaultValue;

    /// <summary>An error about this option.</summary>
    /// <param name="problem">The rest of the message: the value, what is wrong with it and what was expected.</param>
    /// <param name="inner">The cause; null for none.</param>
    public InvalidOptionException Refuse(string problem, Exception? inner = null) => new($"{name}{problem}", inner);

    /// <summary>Parses a whole number in a range.</summary>
    public int Number(ParseResult parsed, int least, int most)
    {
        string? text = Get(parsed);
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw Refuse(string.Create(CultureInfo.InvariantCulture, $" {text}: expected a whole number from {least} to {most}"));
    }

    /// <summary>Parses an IP address, or a name that resolves to one.</summary>
    public IPAddress Address(ParseResult parsed) => Resolve(Get(parsed)!, Get(parsed)!);

    /// <summary>Parses HOST:PORT, or several separated by commas.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints(ParseResult parsed) =>
        [.. Get(parsed)!.Split(',', StringSplitOptions.TrimEntries).Select(EndPoint)];

    private IPEndPoint EndPoint(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535
            ? new IPEndPoint(Resolve(text[..colon].Trim('[', ']'), text), port)
            : throw Refuse($" {text}: expected HOST:PORT, for example 127.0.0.1:30000");
    }

    private IPAddress Resolve(string host, string text)
    {
        try
        {
            IPAddress[] addresses = Dns.GetHostAddresses(host);
            return addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0];
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw Refuse($" {text}: expected an IP address or a name that resolves to one: {e.Message}", e);
        }
    }

    private static string Describe(string name, string description, string? defaultValue) =>
        $"{description} ({EnvironmentVariables.NameOf(name)}{(defaultValue is null ? "" : $", default {defaultValue}")})";
}
