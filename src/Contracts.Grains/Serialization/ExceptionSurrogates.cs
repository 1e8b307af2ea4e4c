namespace Krewe.Contracts.Grains.Serialization;

// A failure that is meant for the user crosses the wire as what it is, so that whoever gets it can say so and knows what to do. Where it
// happened stands in the log of the silo.

[GenerateSerializer, Alias("krewe.Exception")]
internal struct ExceptionSurrogate
{
    [Id(0)]
    public string Message;

    public static ExceptionSurrogate Of(KreweException exception) => new() { Message = exception.Message };
}

[RegisterConverter]
internal sealed class KreweExceptionConverter : IConverter<KreweException, ExceptionSurrogate>
{
    public KreweException ConvertFromSurrogate(in ExceptionSurrogate surrogate) => new(surrogate.Message);

    public ExceptionSurrogate ConvertToSurrogate(in KreweException value) => ExceptionSurrogate.Of(value);
}

[RegisterConverter]
internal sealed class InvalidOptionExceptionConverter : IConverter<InvalidOptionException, ExceptionSurrogate>
{
    public InvalidOptionException ConvertFromSurrogate(in ExceptionSurrogate surrogate) => new(surrogate.Message);

    public ExceptionSurrogate ConvertToSurrogate(in InvalidOptionException value) => ExceptionSurrogate.Of(value);
}

[RegisterConverter]
internal sealed class InvalidDataFormatExceptionConverter : IConverter<InvalidDataFormatException, ExceptionSurrogate>
{
    public InvalidDataFormatException ConvertFromSurrogate(in ExceptionSurrogate surrogate) => new(surrogate.Message);

    public ExceptionSurrogate ConvertToSurrogate(in InvalidDataFormatException value) => ExceptionSurrogate.Of(value);
}

[RegisterConverter]
internal sealed class EnvironmentFaultExceptionConverter : IConverter<EnvironmentFaultException, ExceptionSurrogate>
{
    public EnvironmentFaultException ConvertFromSurrogate(in ExceptionSurrogate surrogate) => new(surrogate.Message);

    public ExceptionSurrogate ConvertToSurrogate(in EnvironmentFaultException value) => ExceptionSurrogate.Of(value);
}

[RegisterConverter]
internal sealed class NonFiniteUpdateExceptionConverter : IConverter<NonFiniteUpdateException, ExceptionSurrogate>
{
    public NonFiniteUpdateException ConvertFromSurrogate(in ExceptionSurrogate surrogate) => new(surrogate.Message);

    public ExceptionSurrogate ConvertToSurrogate(in NonFiniteUpdateException value) => ExceptionSurrogate.Of(value);
}
