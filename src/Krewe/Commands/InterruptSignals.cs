using System.Runtime.InteropServices;

namespace Krewe.Cli;

/// <summary>Turns the first Ctrl-C (or SIGTERM) into a cancellation; a second one ends the process immediately and restores the terminal.</summary>
public sealed class InterruptSignals : IDisposable
{
    private const string ShowCursor = "\e[?25h";

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    /// <summary>Starts listening.</summary>
    public InterruptSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        // Otherwise the runtime would end the process and leave the cursor hidden.
        context.Cancel = true;
        if (!_source.IsCancellationRequested)
        {
            _source.Cancel();
            return;
        }

        if (!Console.IsOutputRedirected)
        {
            Console.Out.WriteLine(ShowCursor);
        }

        Environment.Exit(CommandLineHost.Interrupted);
    }
}
