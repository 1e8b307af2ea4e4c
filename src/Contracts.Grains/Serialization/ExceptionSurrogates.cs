namespace Krewe.Contracts.Grains;

// Orleans serializes only exceptions of the base library and of Microsoft's namespaces. Exceptions whose message is meant for the user
// must keep their type, by which hosts and grains distinguish them from network failures. Inner exceptions stay in the log of the silo
// where they occurred.

[GenerateSerializer, Alias("krewe.KreweException")]
internal struct KreweExceptionSurrogate
{
    [Id(0)]
    public string Message;

    public static KreweExceptionSurrogate Of(KreweException e) => new() { Message = e.Message };
}

[RegisterConverter]
internal sealed class KreweExceptionConverter : IConverter<KreweException, KreweExceptionSurrogate>
{
    public KreweException ConvertFromSurrogate(in KreweExceptionSurrogate surrogate) => new(surrogate.Message);

    public KreweExceptionSurrogate ConvertToSurrogate(in KreweException value) => KreweExceptionSurrogate.Of(value);
}

[RegisterConverter]
internal sealed class InvalidOptionExceptionConverter : IConverter<InvalidOptionException, KreweExceptionSurrogate>
{
    public InvalidOptionException ConvertFromSurrogate(in KreweExceptionSurrogate surrogate) => new(surrogate.Message);

    public KreweExceptionSurrogate ConvertToSurrogate(in InvalidOptionException value) => KreweExceptionSurrogate.Of(value);
}

[RegisterConverter]
internal sealed class InvalidDataFormatExceptionConverter : IConverter<InvalidDataFormatException, KreweExceptionSurrogate>
{
    public InvalidDataFormatException ConvertFromSurrogate(in KreweExceptionSurrogate surrogate) => new(surrogate.Message);

    public KreweExceptionSurrogate ConvertToSurrogate(in InvalidDataFormatException value) => KreweExceptionSurrogate.Of(value);
}

[RegisterConverter]
internal sealed class EnvironmentFaultExceptionConverter : IConverter<EnvironmentFaultException, KreweExceptionSurrogate>
{
    public EnvironmentFaultException ConvertFromSurrogate(in KreweExceptionSurrogate surrogate) => new(surrogate.Message);

    public KreweExceptionSurrogate ConvertToSurrogate(in EnvironmentFaultException value) => KreweExceptionSurrogate.Of(value);
}

[RegisterConverter]
internal sealed class NonFiniteUpdateExceptionConverter : IConverter<NonFiniteUpdateException, KreweExceptionSurrogate>
{
    public NonFiniteUpdateException ConvertFromSurrogate(in KreweExceptionSurrogate surrogate) => new(surrogate.Message);

    public KreweExceptionSurrogate ConvertToSurrogate(in NonFiniteUpdateException value) => KreweExceptionSurrogate.Of(value);
}
