namespace Krewe.Cluster.Tests;

public sealed class SiloTextTests
{
    [Fact]
    public void Only_the_first_line_of_a_message_with_a_stack_trace_is_shown() =>
        Assert.Equal("it failed", SiloText.Of(new InvalidOperationException("it failed \r\n   at Somewhere()")));

    [Fact]
    public void A_Redis_timeout_in_storage_is_named_without_its_counters() => Assert.Equal(
        "its Redis does not respond",
        SiloText.Of(new InvalidOperationException("Error from storage", new RedisTimeoutException("Timeout awaiting response (outbound=27KiB"))));

    [Fact]
    public void A_silo_that_is_gone_is_named_without_the_attempts_to_connect_to_it() => Assert.Equal(
        "a silo that it needs is unreachable",
        SiloText.Of(new InvalidOperationException("Exception while sending message: Orleans.Runtime.Messaging.ConnectionFailedException: Unable to connect to S127.0.0.1:1:2, will retry after 944.5ms")));

    /// <summary>Named like StackExchange.Redis' exception; a client may know only the name.</summary>
    private sealed class RedisTimeoutException(string message) : Exception(message);
}
