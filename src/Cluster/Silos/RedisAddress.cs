using Krewe.Contracts;
using StackExchange.Redis;

namespace Krewe.Cluster;

/// <summary>The Redis that holds a cluster's membership, reminders and state.</summary>
internal static class RedisAddress
{
    private const int Attempts = 3;
    private const string Password = "the password is missing or wrong; set KREWE_REDIS_PASSWORD";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Parses <c>redis://[user:password@]HOST:PORT</c>, or <c>rediss://</c> for TLS.</summary>
    /// <param name="source">Name of the setting, for messages.</param>
    /// <param name="address">The address.</param>
    /// <param name="password">A password that is not part of the address; null for none.</param>
    /// <exception cref="InvalidOptionException">It is not a valid address.</exception>
    public static ConfigurationOptions Parse(string source, string address, string? password)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("redis" or "rediss") || uri.Host.Length == 0 || uri.AbsolutePath is not ("" or "/"))
        {
            throw new InvalidOptionException($"{source} {address}: expected localhost, redis://HOST:PORT, or rediss://HOST:PORT for TLS");
        }

        string[] user = Uri.UnescapeDataString(uri.UserInfo).Split(':', 2);
        return new ConfigurationOptions
        {
            EndPoints = { { uri.Host, uri.IsDefaultPort || uri.Port <= 0 ? 6379 : uri.Port } },
            Ssl = uri.Scheme == "rediss",
            SslHost = uri.Scheme == "rediss" ? uri.Host : null,
            User = user is [{ Length: > 0 } name, _] ? name : null,
            Password = user is [_, { Length: > 0 } secret] ? secret : password,

            // A silo outlives its Redis: it reconnects when Redis is back, and calls fail fast in the meantime.
            AbortOnConnectFail = false,
            ConnectRetry = 3,
            ConnectTimeout = 2_000,
            SyncTimeout = 3_000,
            AsyncTimeout = 3_000,
        };
    }

    /// <summary>Checks that Redis responds before a silo is started.</summary>
    /// <param name="options">The address.</param>
    /// <param name="cancellationToken">Cancels the attempts.</param>
    /// <exception cref="KreweException">Redis does not respond after several attempts.</exception>
    public static async Task Check(ConfigurationOptions options, CancellationToken cancellationToken)
    {
        ConfigurationOptions once = options.Clone();
        once.AbortOnConnectFail = true;
        once.ConnectRetry = 1;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(once);
                await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
                return;
            }
            catch (RedisException e) when (attempt == Attempts)
            {
                throw new KreweException(
                    $"--cluster: Redis at {string.Join(',', options.EndPoints)} cannot be used after {Attempts} attempts: {Reason(e)}", e);
            }
            catch (RedisException)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private static string Reason(RedisException e) => e switch
    {
        // Without a password, Redis fails the command and not the connection: only the message says why.
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => Password,
        _ when e.Message.Contains("NOAUTH", StringComparison.Ordinal) || e.Message.Contains("WRONGPASS", StringComparison.Ordinal) => Password,
        RedisConnectionException => "no connection; is the address right, is it running, is TLS (rediss://) needed?",
        _ => e.Message.Split('\n')[0],
    };
}
