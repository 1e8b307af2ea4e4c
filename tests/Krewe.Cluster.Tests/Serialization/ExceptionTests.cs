using Krewe.Contracts;

namespace Krewe.Cluster.Tests;

public sealed class ExceptionTests
{
    public static TheoryData<Exception> Exceptions() =>
    [
        new KreweException("what went wrong"),
        new InvalidOptionException("what went wrong", new TimeZoneNotFoundException("the cause")),
        new InvalidDataFormatException("what went wrong"),
        new EnvironmentFaultException("what went wrong"),
        new NonFiniteUpdateException("what went wrong"),
    ];

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void An_error_for_the_user_arrives_with_its_type_and_its_message(Exception sent)
    {
        Exception received = WireTwin.Cross(sent);
        Assert.Equal(sent.GetType(), received.GetType());
        Assert.Equal(sent.Message, received.Message);
    }
}
