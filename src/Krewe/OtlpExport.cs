using System.Diagnostics.Tracing;
using System.Net.Sockets;
using Krewe.Contracts;
using Krewe.Runtime;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Krewe.Cli;

/// <summary>
/// Exports the run's metrics and spans with OpenTelemetry's OTLP exporter until disposed; disposing flushes. Warns once when the collector is
/// unreachable or an export fails.
/// </summary>
public sealed class OtlpExport : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly MeterProvider _metrics;
    private readonly TracerProvider _spans;
    private readonly FailureWatch? _failures;

    private OtlpExport(Uri endpoint, OtlpExportProtocol protocol, string serviceName, FailureWatch? failures)
    {
        _failures = failures;
        ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService(serviceName, serviceVersion: KreweVersion.Current);
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(KreweTelemetry.Name)
            .AddOtlpExporter((exporter, reader) =>
            {
                Configure(exporter, endpoint, protocol, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = 1_000;
            })
            .Build();
        _spans = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(KreweTelemetry.Name)
            .AddOtlpExporter(exporter => Configure(exporter, endpoint, protocol, "v1/traces"))
            .Build();
    }

    /// <summary>Starts exporting.</summary>
    /// <param name="endpoint">The collector, for example <c>http://127.0.0.1:4317</c>; null for no export.</param>
    /// <param name="protocol"><c>grpc</c> or <c>http/protobuf</c>.</param>
    /// <param name="serviceName">Service name reported to the collector.</param>
    /// <returns>The export to dispose at the end; null when there is none.</returns>
    /// <exception cref="InvalidOptionException">The endpoint is not a URL, or the protocol is unknown.</exception>
    public static OtlpExport? Start(string? endpoint, string protocol, string serviceName = "krewe")
    {
        OtlpExportProtocol parsed = protocol switch
        {
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => throw new InvalidOptionException($"--otlp-protocol {protocol}: expected grpc or http/protobuf"),
        };
        if (endpoint is null)
        {
            return null;
        }

        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InvalidOptionException($"--otlp {endpoint}: expected a URL such as http://127.0.0.1:4317");
        }

        if (WhyUnreachable(uri) is { } reason)
        {
            CommonOptions.Warn($"--otlp {endpoint}: unreachable: {reason}; nothing is exported until a collector listens there");
            return new OtlpExport(uri, parsed, serviceName, failures: null);
        }

        return new OtlpExport(uri, parsed, serviceName, new FailureWatch(endpoint));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics.Dispose();
        _spans.Dispose();
        _failures?.Dispose();
    }

    // The exporter silently drops what it cannot send.
    private static string? WhyUnreachable(Uri endpoint)
    {
        using var client = new TcpClient();
        using var timeout = new CancellationTokenSource(ConnectTimeout);
        try
        {
            client.ConnectAsync(endpoint.DnsSafeHost, endpoint.Port, timeout.Token).AsTask().GetAwaiter().GetResult();
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return $"no answer within {ConnectTimeout.TotalSeconds} s";
        }
    }

    private static void Configure(OtlpExporterOptions options, Uri endpoint, OtlpExportProtocol protocol, string path)
    {
        options.Protocol = protocol;

        // A collector that accepts connections and never answers may delay the end of a run by this much, not by the default 10 s.
        options.TimeoutMilliseconds = 2_000;

        // The exporter appends the signal's path only to an endpoint that it reads from the environment.
        options.Endpoint = protocol == OtlpExportProtocol.HttpProtobuf ? new Uri(endpoint.ToString().TrimEnd('/') + "/" + path) : endpoint;
    }

    /// <summary>Warns of the first export that fails: the exporter tells its event source only.</summary>
    private sealed class FailureWatch(string endpoint) : EventListener
    {
        private int _warned;

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "OpenTelemetry-Exporter-OpenTelemetryProtocol")
            {
                EnableEvents(eventSource, EventLevel.Warning);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            // The other warnings are about single attributes and settings.
            bool isFailure = eventData.Level <= EventLevel.Error
                || eventData.EventName is "TransientHttpError" or "RequestTimedOut" or "OperationUnexpectedlyCanceled" or "GrpcStatusWarning";
            if (isFailure && Interlocked.Exchange(ref _warned, 1) == 0)
            {
                CommonOptions.Warn($"--otlp {endpoint}: an export failed: {Reason(eventData)}; metrics and spans are lost until the collector accepts them");
            }
        }

        // The payload ends with an exception as text: type, message and stack trace.
        private static string Reason(EventWrittenEventArgs eventData)
        {
            const string Type = "Exception: ";
            string text = eventData.Payload?.OfType<string>().LastOrDefault(text => text.Length > 0)?.Split('\n')[0].Trim(' ', '\r', '.') ?? eventData.EventName!;
            int type = text.IndexOf(Type, StringComparison.Ordinal);
            return type < 0 ? text : text[(type + Type.Length)..];
        }
    }
}
