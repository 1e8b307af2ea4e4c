using System.Globalization;
using System.Runtime.ExceptionServices;
using Spectre.Console;

namespace Krewe.Cli;

/// <summary>Shows a run while it trains: a live panel on a terminal, a plain line an evaluation elsewhere.</summary>
internal static class TrainView
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    public static TrainingResult Show(TrainingSession session, bool json, CancellationToken cancellationToken)
    {
        // With --json standard output belongs to the result; people watch standard error.
        TextWriter text = json ? Console.Error : Console.Out;
        bool live = !json && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;
        text.WriteLine(Describe(session));
        TrainingResult result = live ? RunLive(session, cancellationToken) : RunPlain(session, text, cancellationToken);
        text.WriteLine(Summary(result, session.Environment.RewardThreshold));
        return result;
    }

    private static TrainingResult RunPlain(TrainingSession session, TextWriter text, CancellationToken cancellationToken)
    {
        session.Evaluated += report => text.WriteLine(Line(report, session.Progress));
        return session.Run(cancellationToken);
    }

    private static TrainingResult RunLive(TrainingSession session, CancellationToken cancellationToken)
    {
        TrainingResult? result = null;
        ExceptionDispatchInfo? failure = null;
        var worker = new Thread(() =>
        {
            try
            {
                result = session.Run(cancellationToken);
            }
            catch (Exception e)
            {
                // Rethrown below on the caller's thread.
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        { Name = "krewe-session" };

        var rate = new RateMeter();
        AnsiConsole.Live(Panel(session.Progress, rate)).AutoClear(false).Start(context =>
        {
            worker.Start();
            while (!worker.Join(Refresh))
            {
                context.UpdateTarget(Panel(session.Progress, rate));
            }

            context.UpdateTarget(Panel(session.Progress, rate));
        });
        failure?.Throw();
        return result!;
    }

    private static string Describe(TrainingSession session)
    {
        var options = session.Options;
        return Format(
            $"{session.Environment.Id}: {session.Environment.ObservationSpace} -> {session.Environment.ActionSpace}, seed {options.Run.Seed}, {options.Actor.Count} x {options.Actor.Environments} environments, {options.Run.Steps:N0} steps{(options.Run.Deterministic ? ", lock step" : "")}");
    }

    private static string Line(EvaluationReport report, TrainingProgress progress) => Format(
        $"{report.Seconds,8:F2} s  {report.EnvironmentSteps,10:N0} steps  {report.Updates,9:N0} updates  epsilon {progress.Epsilon:F3}  return(100) {progress.MeanReturn ?? double.NaN,8:0.0##}  evaluation {report.Result.Mean,8:0.0##} +/- {report.Result.StandardDeviation:0.0##}{(report.IsBest ? "  best" : "")}");

    private static string Summary(TrainingResult result, double? threshold)
    {
        string solved = (result.SolvedAtSeconds, threshold) switch
        {
            ({ } seconds, _) => Format($"solved (>= {threshold:G}) after {seconds:F2} s and {result.SolvedAtStep:N0} steps; "),
            (null, { } bound) => Format($"not solved (>= {bound:G}); "),
            _ => "",
        };
        string final = result.Final is { } evaluation
            ? Format($"best network: {evaluation.Mean:0.0##} +/- {evaluation.StandardDeviation:0.0##} over {evaluation.Episodes} greedy episodes; ")
            : result.Interrupted ? "interrupted; " : "";
        return Format(
            $"{result.EnvironmentSteps:N0} steps, {result.Updates:N0} updates in {result.WallSeconds:F2} s ({result.StepsPerSecond:N0} steps/s, {result.UpdatesPerSecond:N0} updates/s); {solved}{final}checkpoint {Shown(result.Checkpoint)}");
    }

    private static string Shown(string? path)
    {
        if (path is null)
        {
            return "none";
        }

        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    private static Grid Panel(TrainingProgress progress, RateMeter rate)
    {
        (double steps, double updates) = rate.Update(progress);
        double share = Math.Min(1.0, (double)progress.EnvironmentSteps / progress.StepBudget);
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        grid.AddRow("steps", $"{Bar(share)} {Format($"{progress.EnvironmentSteps:N0} / {progress.StepBudget:N0}")}");
        grid.AddRow("speed", Format($"{steps:N0} steps/s  {updates:N0} updates/s  {progress.Elapsed.TotalSeconds:F1} s"));
        grid.AddRow("acting", Format($"epsilon {progress.Epsilon:F3}  return(100) {progress.MeanReturn ?? double.NaN:0.0##}  episodes {progress.Episodes:N0}  policy {progress.PolicyVersion} (lag {progress.PolicyLag})"));
        grid.AddRow("learning", Format($"updates {progress.Updates:N0}  loss {progress.LastUpdate.Loss:G4}  Q {progress.LastUpdate.MeanQ:F2}  replay {progress.Replay.Size:N0}  samples/insert {Ratio(progress):F2}"));
        grid.AddRow("evaluation", progress.LastEvaluation is { } evaluation
            ? Format($"{evaluation.Mean:0.0##} +/- {evaluation.StandardDeviation:0.0##} over {evaluation.Episodes} episodes  best {progress.BestMean:0.0##}")
            : "none yet");
        return grid;
    }

    private static double Ratio(TrainingProgress progress) =>
        progress.Replay.Inserted == 0 ? 0 : (double)progress.Replay.Sampled / progress.Replay.Inserted;

    private static string Bar(double share)
    {
        const int Width = 30;
        int filled = (int)(share * Width);
        return $"[green]{new string('━', filled)}[/][grey]{new string('━', Width - filled)}[/]";
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Speeds over the last second or so.</summary>
    private sealed class RateMeter
    {
        private TrainingProgress _before;
        private (double Steps, double Updates) _rate;

        public (double Steps, double Updates) Update(TrainingProgress now)
        {
            double seconds = (now.Elapsed - _before.Elapsed).TotalSeconds;
            if (seconds >= 0.5 || _rate == default)
            {
                _rate = seconds <= 0
                    ? default
                    : ((now.EnvironmentSteps - _before.EnvironmentSteps) / seconds, (now.Updates - _before.Updates) / seconds);
                _before = now;
            }

            return _rate;
        }
    }
}
