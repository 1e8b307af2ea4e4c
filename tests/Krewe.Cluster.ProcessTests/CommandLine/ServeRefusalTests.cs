using System.Globalization;

namespace Krewe.Cluster.ProcessTests;

/// <summary>Tests what <c>krewe serve</c> refuses before it starts: one line that names the cause, and nothing is started.</summary>
public sealed class ServeRefusalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-serve-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_unknown_role_is_refused_with_the_nearest_name() =>
        (await KreweSilo.Run("serve", "--roles", "replay,actr")).Refused(2, "--roles", "'actr'", "did you mean actor?");

    [Fact]
    public async Task An_invalid_environment_variable_is_refused_by_name() =>
        (await KreweSilo.Run(new Dictionary<string, string> { ["KREWE_SILO_PORT"] = "abc" }, "serve")).Refused(2, "KREWE_SILO_PORT abc");

    [Fact]
    public async Task The_command_line_overrides_the_environment() =>
        (await KreweSilo.Run(new Dictionary<string, string> { ["KREWE_ROLES"] = "actor" }, "serve", "--roles", "learnr")).Refused(2, "--roles", "'learnr'");

    [Fact]
    public async Task An_invalid_address_is_refused() =>
        (await KreweSilo.Run("serve", "--cluster", "redis:/nowhere", "--data", _folder)).Refused(2, "--cluster redis:/nowhere", "redis://HOST:PORT");

    [Fact]
    public async Task A_port_that_is_given_twice_is_refused() =>
        (await KreweSilo.Run("serve", "--silo-port", "5000", "--gateway-port", "5000", "--data", _folder)).Refused(2, "--silo-port 5000 and --gateway-port 5000");

    [Theory]
    [InlineData("foo", "localhost", "a name that resolves to one")]
    [InlineData("8.8.8.8", "localhost", "with --cluster localhost")]
    [InlineData("8.8.8.8", "redis://127.0.0.1:1", "is not an address of this machine")]
    public async Task An_address_at_which_the_silo_cannot_be_reached_is_refused(string address, string cluster, string reason) =>
        (await KreweSilo.Run("serve", "--advertise", address, "--cluster", cluster, "--data", _folder)).Refused(2, $"--advertise {address}", reason);

    [Fact]
    public async Task A_data_folder_that_cannot_be_written_is_refused()
    {
        string file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "");
        (await KreweSilo.Run("serve", "--data", Path.Combine(file, "data"))).Refused(2, "--data " + file, "cannot be written");
    }

    [Fact]
    public async Task An_unreachable_redis_fails_after_a_few_attempts()
    {
        int port = FreePorts.Next();
        CommandResult result = await KreweSilo.Run("serve", "--cluster", Text($"redis://127.0.0.1:{port}"), "--data", _folder);
        result.Refused(1, Text($"127.0.0.1:{port}"), "after 3 attempts", "no connection");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task A_missing_or_wrong_redis_password_is_reported(string? password)
    {
        using RedisProcess redis = await RedisProcess.Start(_folder, "sesame");
        Dictionary<string, string> environment = password is null ? [] : new() { ["KREWE_REDIS_PASSWORD"] = password };
        CommandResult result = await KreweSilo.Run(environment, "serve", "--cluster", redis.Address, "--data", _folder);
        result.Refused(1, Text($"127.0.0.1:{redis.Port}"), "password", "KREWE_REDIS_PASSWORD");
    }

    [Fact]
    public async Task Submit_reports_a_gateway_that_does_not_answer()
    {
        string gateway = Text($"127.0.0.1:{FreePorts.Next()}");
        (await KreweSilo.Run("submit", "CartPole-v1", "--gateway", gateway)).Refused(1, "--gateway " + gateway, "no silo answers there");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
