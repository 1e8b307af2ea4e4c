using Krewe.Contracts;
using StackExchange.Redis;

namespace Krewe.Cluster;

/// <summary>The Redis that holds a cluster's membership, reminders and state.</summary>
internal static class RedisAddress
{
    private const int Attempts = 3;
    private const string Password = "the password is missing or wrong; set KREWE_REDIS_PASSWORD";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Reads <c>redis://[user:password@]HOST:PORT</c>, or <c>rediss://</c> for TLS.</summary>
    /// <param name="source">Where the address comes from, for messages.</param>
    /// <param name="address">The address.</param>
    /// <param name="password">A password that does not stand in the address; null for none.</param>
    /// <exception cref="InvalidOptionException">It is no such address.</exception>
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

            // A silo outlives its Redis: it connects again when Redis is back, and calls fail soon meanwhile.
            AbortOnConnectFail = false,
            ConnectRetry = 3,
            ConnectTimeout = 2_000,
            SyncTimeout = 3_000,
            AsyncTimeout = 3_000,
        };
    }

    /// <summary>Sees whether Redis answers before a silo is built on it.</summary>
    /// <param name="options">The address.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KreweException">It does not, after a few attempts.</exception>
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
                    $"--cluster: Redis at {string.Join(',', options.EndPoints)} does not let this silo in after {Attempts} attempts: {Reason(e)}", e);
            }
            catch (RedisException)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private static string Reason(RedisException e) => e switch
    {
        // Asked without a password, Redis closes the question and not the connection: only the text says why.
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => Password,
        _ when e.Message.Contains("NOAUTH", StringComparison.Ordinal) || e.Message.Contains("WRONGPASS", StringComparison.Ordinal) => Password,
        RedisConnectionException => "no connection; is the address right, is it running, is TLS (rediss://) needed?",
        _ => e.Message.Split('\n')[0],
    };
}
