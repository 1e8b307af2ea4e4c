using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>
/// The arguments that define a run, for every command that trains or submits one. Later options replace earlier ones:
/// preset, then file, then <c>--set</c>, then the named shorthands.
/// </summary>
/// <param name="commandLine">The program and command, for hints: <c>krewe train</c>.</param>
/// <param name="canResume">Whether the command has <c>--resume</c>.</param>
public sealed class TrainArguments(string commandLine, bool canResume = false)
{
    private readonly Argument<string?> _environment = new("ENV")
    {
        Description = "Id of the environment, for example CartPole-v1 (krewe envs lists them)." + (canResume ? " Not needed with --resume." : ""),
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string[]> _presets = new("--preset")
    {
        Description = "A preset by name (krewe presets lists them) or a JSON file of options; later ones replace options of earlier ones. Default: the environment's own preset, if it has one.",
        HelpName = "NAME|FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Sets one option, for example learner.batch_size=128 (krewe presets --options lists them).",
        HelpName = "KEY=VALUE",
    };

    // Their values go to the binder, like those of --set.
    private readonly (string Key, Option Option)[] _shorthands =
    [
        ("run.seed", new Option<string?>("--seed") { Description = "Seed of everything random in the run (run.seed).", HelpName = "N" }),
        ("run.steps", new Option<string?>("--steps") { Description = "Environment steps of the whole run, for example 1e6, rounded up to a whole step of all actor.environments (run.steps).", HelpName = "N" }),
        ("actor.count", new Option<string?>("--actors") { Description = "Number of actors (actor.count).", HelpName = "N" }),
        ("learner.backend", new Option<string?>("--backend") { Description = "Backend that computes the updates: simd or torch (learner.backend).", HelpName = "NAME" }),
        ("learner.device", new Option<string?>("--device") { Description = "Device of torch: cpu, cuda, cuda:N or auto (learner.device).", HelpName = "NAME" }),
        ("run.deterministic", new Option<bool>("--deterministic") { Description = "Run actors and learner in lock step: the same seed gives the same checkpoint (run.deterministic)." }),
        ("run.until_solved", new Option<bool>("--until-solved") { Description = "End when an evaluation at or above the reward threshold is confirmed by a second one (run.until_solved)." }),
    ];

    private readonly Option<string[]> _assemblies = CommonOptions.Assemblies();

    /// <summary>Adds the arguments to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_environment);
        foreach (Option option in (Option[])[_presets, _set, .. _shorthands.Select(shorthand => shorthand.Option), _assemblies])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Paths of the user's assemblies.</summary>
    /// <param name="parsed">The command line.</param>
    public IReadOnlyList<string> Assemblies(ParseResult parsed) => parsed.GetValue(_assemblies) ?? [];

    /// <summary>The built-in environments and those of the user's assemblies.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="KreweException">An assembly cannot be loaded, or an environment in it is invalid.</exception>
    public EnvironmentRegistry Registry(ParseResult parsed) => CommonOptions.Registry(parsed.GetValue(_assemblies));

    /// <summary>Whether the arguments may define a run by themselves: they name an environment, or a preset that may name it.</summary>
    /// <param name="parsed">The command line.</param>
    public bool AreGiven(ParseResult parsed) => parsed.GetValue(_environment) is not null || parsed.GetValue(_presets) is { Length: > 0 };

    /// <summary>The effective options, as new objects.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="resumed">The options of the run to resume; null for a new run.</param>
    /// <param name="environmentIfNone">The environment when none is named; null when it is required.</param>
    /// <exception cref="InvalidOptionException">An option is invalid, or cannot be changed for a resumed run.</exception>
    public TrainingOptions Effective(ParseResult parsed, TrainingOptions? resumed = null, string? environmentIfNone = null)
    {
        string? environment = parsed.GetValue(_environment) ?? environmentIfNone;
        string[] presets = parsed.GetValue(_presets) ?? [];
        OptionBinder binder = resumed is null ? New(parsed, environment, presets) : Resumed(resumed, environment, presets);
        foreach (string assignment in parsed.GetValue(_set) ?? [])
        {
            binder.ApplyAssignment(assignment);
        }

        foreach ((string key, Option option) in _shorthands)
        {
            if (parsed.GetResult(option) is { Implicit: false } given)
            {
                binder.ApplyAssignment($"{key}={(given.Tokens is [var text] ? text.Value : "true")}", option.Name);
            }
        }

        TrainingOptions options = binder.Bind();
        if (environment is not null && environment != options.Environment.Id)
        {
            throw new InvalidOptionException($"ENV {environment} and --set environment.id={options.Environment.Id}: give only one of them");
        }

        if (options.Environment.Id.Length == 0)
        {
            throw new InvalidOptionException(
                $"{commandLine.Split(' ')[^1]}: which environment? for example: {commandLine} CartPole-v1 (krewe envs lists them)");
        }

        return resumed is not null || options.Run.Steps >= options.Replay.MinSize
            ? options
            : throw new InvalidOptionException(string.Create(
                CultureInfo.InvariantCulture,
                $"run.steps {options.Run.Steps} is below replay.min_size {options.Replay.MinSize}: no update would be done; raise --steps or lower replay.min_size"));
    }

    /// <summary>Warns of each built-in preset that is tuned for another environment than the run's.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">The effective options.</param>
    public void WarnOfOtherEnvironments(ParseResult parsed, TrainingOptions options)
    {
        foreach (string preset in (parsed.GetValue(_presets) ?? []).Where(Preset.Names.Contains))
        {
            string tuned = Preset.Load(preset).Environment.Id;
            if (tuned != options.Environment.Id)
            {
                CommonOptions.Warn($"--preset {preset}: its options are for {tuned}, but the run trains {options.Environment.Id}");
            }
        }
    }

    private OptionBinder New(ParseResult parsed, string? environment, string[] presets)
    {
        // A user-defined environment may have the name of a preset.
        if (environment is not null
            && Preset.Names.Contains(environment)
            && Preset.Load(environment).Environment.Id != environment
            && !Registry(parsed).Ids.Contains(environment))
        {
            throw new InvalidOptionException($"unknown environment {environment}, but it is a preset: {commandLine} --preset {environment}");
        }

        OptionBinder binder = Preset.LoadFor(environment, presets);
        return environment is null ? binder : binder.Apply(new JsonObject { ["environment.id"] = environment }, "ENV");
    }

    private static OptionBinder Resumed(TrainingOptions options, string? environment, string[] presets)
    {
        if (environment is not null && environment != options.Environment.Id)
        {
            throw new InvalidOptionException($"--resume: the run trains {options.Environment.Id}, not {environment}");
        }

        return presets.Length == 0
            ? new OptionBinder(options)
            : throw new InvalidOptionException("--resume and --preset: a resumed run keeps its options; change single ones with --set");
    }
}
