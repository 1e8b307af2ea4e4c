namespace Krewe.Cluster.Tests;

public sealed class SiloTextTests
{
    [Fact]
    public void Of_an_exception_with_a_stack_in_its_message_the_first_line_is_said() =>
        Assert.Equal("it failed", SiloText.Of(new InvalidOperationException("it failed \r\n   at Somewhere()")));

    [Fact]
    public void A_storage_that_waited_for_Redis_says_so_and_no_counters() => Assert.Equal(
        "its Redis does not answer",
        SiloText.Of(new InvalidOperationException("Error from storage", new RedisTimeoutException("Timeout awaiting response (outbound=27KiB"))));

    /// <summary>Named like StackExchange.Redis' exception; a client may know only the name.</summary>
    private sealed class RedisTimeoutException(string message) : Exception(message);
}
