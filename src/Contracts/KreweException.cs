namespace Krewe.Contracts;

/// <summary>
/// An error whose message is meant for the user: it names the thing, its value, what was expected and what to do. A host prints only the
/// message, without a stack trace, and exits with <see cref="ExitCode"/>.
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

    /// <summary>The process exit code for this error: 1 unless a subclass overrides it.</summary>
    public virtual int ExitCode => 1;
}

/// <summary>An option, key, name or argument is invalid. Nothing was started. Exit code 2.</summary>
public sealed class InvalidOptionException : KreweException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line: the option, where it was given, what was expected, and the nearest valid name.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public InvalidOptionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>
/// A file or block of bytes is damaged or was made for something else. The message names the file and the position. Exit code 1.
/// </summary>
public sealed class InvalidDataFormatException : KreweException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The file, the position in it, what was found and what was expected.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public InvalidDataFormatException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// An environment broke its contract, for example with a NaN, a wrong shape or a rejected action. The message names the environment, the
/// step and the field. Exit code 1.
/// </summary>
public sealed class EnvironmentFaultException : KreweException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The environment, the step, the field and what was found.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public EnvironmentFaultException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The loss, a Q-value or a gradient is not finite; the update was not applied. Exit code 1.</summary>
public sealed class NonFiniteUpdateException : KreweException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The value that is not finite, the update, and the cause if known.</param>
    /// <param name="innerException">The cause, shown only on request.</param>
    public NonFiniteUpdateException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
