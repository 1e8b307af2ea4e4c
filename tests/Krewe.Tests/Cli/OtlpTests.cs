using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

[Collection(nameof(Alone))]
public sealed class OtlpTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Metrics_and_spans_reach_a_collector()
    {
        using var collector = new Collector();
        CliRun run = CliRun.Train(_folder["run"], "--otlp", collector.Endpoint, "--otlp-protocol", "http/protobuf");
        Assert.DoesNotContain("warning", run.Error, StringComparison.Ordinal);
        string metrics = collector.Received("/v1/metrics");
        Assert.Contains(MetricNames.EnvironmentSteps, metrics, StringComparison.Ordinal);
        Assert.Contains(MetricNames.Updates, metrics, StringComparison.Ordinal);
        string spans = collector.Received("/v1/traces");
        Assert.Contains(SpanNames.Run, spans, StringComparison.Ordinal);
        Assert.Contains(SpanNames.Checkpoint, spans, StringComparison.Ordinal);
    }

    [Fact]
    public void Metrics_carry_the_name_of_the_program()
    {
        using var collector = new Collector();
        using (var metrics = new RunMetrics(() => new TrainingProgress { Updates = 3 }))
        using (OtlpExport.Start(collector.Endpoint, "http/protobuf", "some-program"))
        {
        }

        string received = collector.Received("/v1/metrics");
        Assert.Contains("some-program", received, StringComparison.Ordinal);
        Assert.Contains(MetricNames.Updates, received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public void An_unreachable_collector_causes_only_a_warning_of_one_line(string protocol)
    {
        string endpoint = $"http://127.0.0.1:{FreePort()}";
        CliRun run = CliRun.Train(_folder["run"], "--otlp", endpoint, "--otlp-protocol", protocol);
        string warning = Assert.Single(run.Error.Split('\n'), line => line.Contains("warning", StringComparison.Ordinal));
        Assert.StartsWith($"krewe: warning: --otlp {endpoint}: unreachable: ", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Exports_that_fail_during_the_run_are_reported_once()
    {
        using var collector = new Collector { Status = 400 };
        CliRun run = CliRun.Train(_folder["run"], "--otlp", collector.Endpoint, "--otlp-protocol", "http/protobuf");
        Assert.NotEmpty(collector.Received("/v1/metrics"));
        Assert.NotEmpty(collector.Received("/v1/traces"));
        string warning = Assert.Single(run.Error.Split('\n'), line => line.Contains("warning", StringComparison.Ordinal));
        Assert.StartsWith($"krewe: warning: --otlp {collector.Endpoint}: an export failed: ", warning, StringComparison.Ordinal);
        Assert.Contains("400", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task A_collector_that_goes_away_is_reported_once(string protocol)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port: 0);
        listener.Start();
        string endpoint = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        Task gone = Task.Run(async () =>
        {
            using (await listener.AcceptTcpClientAsync())
            {
                listener.Stop();
            }
        });
        CliRun run = CliRun.Train(_folder["run"], "--otlp", endpoint, "--otlp-protocol", protocol);
        await gone.WaitAsync(Sessions.TestTimeout);
        string warning = Assert.Single(run.Error.Split('\n'), line => line.Contains("warning", StringComparison.Ordinal));
        Assert.StartsWith($"krewe: warning: --otlp {endpoint}: an export failed: ", warning, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, port: 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    /// <summary>Accepts every POST request and answers with a status.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly ConcurrentQueue<(string Path, string Body)> _posts = new();
        private readonly Task _serving;

        public Collector()
        {
            Endpoint = $"http://127.0.0.1:{FreePort()}";
            _listener.Prefixes.Add(Endpoint + "/");
            _listener.Start();
            _serving = Task.Run(ServeAsync);
        }

        public string Endpoint { get; }

        public int Status { get; init; } = 200;

        public string Received(string path) => string.Concat(_posts.Where(post => post.Path == path).Select(post => post.Body));

        public void Dispose()
        {
            _listener.Stop();
            _serving.Wait(Sessions.TestTimeout);
            _listener.Close();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);

                // Names appear verbatim in the protobuf bytes.
                _posts.Enqueue((context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(body.ToArray())));
                context.Response.StatusCode = Status;
                context.Response.Close();
            }
        }
    }
}
