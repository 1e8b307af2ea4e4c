using System.Runtime.ExceptionServices;
using Krewe.Contracts;
using Krewe.Runtime;
using Spectre.Console;

namespace Krewe.Cli;

/// <summary>Shows a run while it trains: a live panel on a terminal, a plain line an evaluation elsewhere.</summary>
public static class TrainView
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs a run and shows it.</summary>
    /// <param name="run">The run; started here.</param>
    /// <param name="json">Whether standard output is kept for the result: people then watch standard error.</param>
    /// <param name="cancellationToken">Interrupts the run.</param>
    /// <exception cref="KreweException">The run failed.</exception>
    public static TrainingResult Show(ITrainingRun run, bool json, CancellationToken cancellationToken)
    {
        TextWriter text = json ? Console.Error : Console.Out;
        bool live = !json && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;
        text.WriteLine(TrainText.Describe(run));
        TrainingResult result = live ? RunLive(run, cancellationToken) : RunPlain(run, text, cancellationToken);
        text.WriteLine(TrainText.Summary(result, run.Environment.RewardThreshold));
        return result;
    }

    private static TrainingResult RunPlain(ITrainingRun run, TextWriter text, CancellationToken cancellationToken)
    {
        run.Evaluated += report => text.WriteLine(TrainText.Evaluation(report, run.Progress));
        return run.Run(cancellationToken);
    }

    private static TrainingResult RunLive(ITrainingRun run, CancellationToken cancellationToken)
    {
        TrainingResult? result = null;
        ExceptionDispatchInfo? failure = null;
        var worker = new Thread(() =>
        {
            try
            {
                result = run.Run(cancellationToken);
            }
            catch (Exception e)
            {
                // Rethrown below on the caller's thread.
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        { Name = "krewe-session" };

        var panel = new TrainPanel();
        AnsiConsole.Live(panel.Render(run.Progress)).AutoClear(false).Start(context =>
        {
            worker.Start();
            while (!worker.Join(Refresh))
            {
                context.UpdateTarget(panel.Render(run.Progress));
            }

            context.UpdateTarget(panel.Render(run.Progress));
        });
        failure?.Throw();
        return result!;
    }
}
