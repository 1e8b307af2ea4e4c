using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Krewe.Contracts;
using Krewe.Runtime;
using Spectre.Console;

namespace Krewe.Cli;

/// <summary>Shows a run while it trains: a live panel on a terminal, otherwise one line per evaluation.</summary>
public static class TrainView
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WaitingPeriod = TimeSpan.FromSeconds(5);

    /// <summary>Runs a run and shows it.</summary>
    /// <param name="run">The run; started here.</param>
    /// <param name="json">Whether standard output is reserved for the result; the view then uses standard error.</param>
    /// <param name="cancellationToken">Interrupts the run.</param>
    /// <exception cref="KreweException">The run failed.</exception>
    public static TrainingResult Show(ITrainingRun run, bool json, CancellationToken cancellationToken)
    {
        TextWriter text = TextWriter.Synchronized(json ? Console.Error : Console.Out);
        bool live = !json && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;
        text.WriteLine(TrainText.Describe(run));
        TrainingResult result = live ? RunLive(run, AnsiConsole.Console, cancellationToken) : RunPlain(run, text, cancellationToken);
        text.WriteLine(TrainText.Summary(result, run.Environment.RewardThreshold));
        return result;
    }

    private static TrainingResult RunPlain(ITrainingRun run, TextWriter text, CancellationToken cancellationToken)
    {
        run.Evaluated += report => text.WriteLine(TrainText.Evaluation(report));
        run.Warned += message => Console.Error.WriteLine(TrainText.Warning(message));

        // For an interrupted run, show at once what it is waiting for; for others, only if the wait lasts; then again every few seconds.
        var waiting = new Stopwatch();
        bool said = false;
        return Run(run, Say, cancellationToken);

        void Say()
        {
            string? waits = run.WaitsFor;
            if (waits is null)
            {
                waiting.Reset();
            }
            else if (waiting.Elapsed >= WaitingPeriod || (cancellationToken.IsCancellationRequested && !said))
            {
                text.WriteLine($"{(cancellationToken.IsCancellationRequested ? "stopping: " : "")}waiting for {waits}");
                said = cancellationToken.IsCancellationRequested;
                waiting.Restart();
            }
            else
            {
                waiting.Start();
            }
        }
    }

    private static TrainingResult RunLive(ITrainingRun run, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var panel = new TrainPanel(run, console.Profile.Capabilities.Unicode ? PanelGlyphs.Unicode : PanelGlyphs.Ascii);
        var frame = new LiveFrame(console);
        var warnings = new ConcurrentQueue<string>();
        run.Evaluated += panel.Add;
        run.Warned += warnings.Enqueue;
        console.Cursor.Hide();
        try
        {
            return Run(run, () => Draw(stopping: cancellationToken.IsCancellationRequested), cancellationToken);
        }
        finally
        {
            try
            {
                Draw(stopping: false);
            }
            catch (OutputFaultException)
            {
                // Must not hide how the run ended; its summary is written to the same terminal.
            }
            finally
            {
                console.Cursor.Show();
            }
        }

        void Draw(bool stopping)
        {
            while (warnings.TryDequeue(out string? message))
            {
                frame.Print(TrainText.Warning(message));
            }

            frame.Draw(panel.Draw(console.Profile.Width, stopping));
        }
    }

    /// <summary>Runs a run on a separate thread and shows it from the caller's.</summary>
    private static TrainingResult Run(ITrainingRun run, Action show, CancellationToken cancellationToken)
    {
        TrainingResult? result = null;
        ExceptionDispatchInfo? failure = null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var worker = new Thread(() =>
        {
            try
            {
                result = run.Run(ending.Token);
            }
            catch (Exception e)
            {
                // Rethrown below on the caller's thread.
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        { Name = "krewe-session" };
        worker.Start();
        try
        {
            while (!worker.Join(Refresh))
            {
                show();
            }
        }
        catch
        {
            // The terminal was closed: the run ends with a checkpoint before its folder is released. If it failed, that is what the user must know.
            ending.Cancel();
            worker.Join();
            failure?.Throw();
            throw;
        }

        failure?.Throw();
        return result!;
    }
}
