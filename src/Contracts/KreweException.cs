
namespace Krewe.Contracts;

/// <summary>
/// Something went wrong whose message is meant for the user: it names the thing, its value, what was expected and what to do.
/// A host prints the message alone, without a stack trace, and ends with <see cref="ExitCode"/>.
/// </summary>
public class KreweException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong, for the user.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public KreweException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The process exit code for this failure: 1 unless a subclass says otherwise.</summary>
    public virtual int ExitCode => 1;
}

/// <summary>An option, key, name or argument is wrong. Nothing was started; exit code 2.</summary>
public sealed class InvalidOptionException : KreweException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line: what, where, what was expected and the nearest valid name.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public InvalidOptionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>A file or block of bytes is damaged or was made for something else. It names the file and the place; exit code 1.</summary>
public sealed class InvalidDataFormatException : KreweException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which file, where in it, what was found and what was expected.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public InvalidDataFormatException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>An environment broke its contract: a NaN, a wrong shape, an action that it refused. Names environment, step and field; exit code 1.</summary>
public sealed class EnvironmentFaultException : KreweException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which environment, at which step, which field, what was found.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public EnvironmentFaultException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The loss, a Q-value or a gradient stopped being finite; the update was not applied. Exit code 1.</summary>
public sealed class NonFiniteUpdateException : KreweException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was not finite, at which update, and where it came from as far as is known.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public NonFiniteUpdateException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
