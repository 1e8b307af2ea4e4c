using System.CommandLine;
using System.Globalization;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>
/// The arguments that say what is trained, of every command that trains or submits training. Options are laid over each other: preset,
/// then file, then <c>--set</c>, then the named shorthands.
/// </summary>
/// <param name="commandLine">The program and command that they belong to, for hints: <c>krewe train</c>.</param>
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
        Description = "A preset by name (krewe presets lists them) or a JSON file of options; several are laid over each other. Default: the environment's own preset, if it has one.",
        HelpName = "NAME|FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Sets one option, for example learner.batch_size=128 (krewe presets --options lists them).",
        HelpName = "KEY=VALUE",
    };

    private readonly Option<long?> _seed = new("--seed") { Description = "Seed of everything random in the run (run.seed).", HelpName = "N" };
    private readonly Option<long?> _steps = new("--steps") { Description = "Environment steps of the whole run (run.steps).", HelpName = "N" };
    private readonly Option<int?> _actors = new("--actors") { Description = "Number of actors (actor.count).", HelpName = "N" };
    private readonly Option<string?> _backend = new("--backend") { Description = "What computes the updates: simd, or torch in krewe (learner.backend).", HelpName = "NAME" };
    private readonly Option<string?> _device = new("--device") { Description = "Where torch computes: cpu, cuda, cuda:N or auto (learner.device).", HelpName = "NAME" };
    private readonly Option<bool> _deterministic = new("--deterministic") { Description = "Actors and learner in lock step: the same seed gives the same checkpoint (run.deterministic)." };
    private readonly Option<bool> _untilSolved = new("--until-solved") { Description = "End with the first evaluation at or above the reward threshold (run.until_solved)." };
    private readonly Option<string[]> _assemblies = CommonOptions.Assemblies();

    /// <summary>Adds the arguments to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_environment);
        foreach (Option option in new Option[] { _presets, _set, _seed, _steps, _actors, _backend, _device, _deterministic, _untilSolved, _assemblies })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Paths of the user's assemblies.</summary>
    /// <param name="parsed">The command line.</param>
    public IReadOnlyList<string> Assemblies(ParseResult parsed) => parsed.GetValue(_assemblies) ?? [];

    /// <summary>The built-in environments and those of the user's assemblies.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="KreweException">An assembly cannot be read, or an environment in it is wrong.</exception>
    public EnvironmentRegistry Registry(ParseResult parsed) => CommonOptions.Registry(parsed.GetValue(_assemblies));

    /// <summary>The options in effect.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="resumed">The options of the run to go on with, which are changed in place; null for a new run.</param>
    /// <param name="environmentIfNone">The environment when none is named; null when one must be.</param>
    /// <exception cref="InvalidOptionException">An option is wrong, or does not go with a resumed run.</exception>
    public TrainingOptions Effective(ParseResult parsed, TrainingOptions? resumed = null, string? environmentIfNone = null)
    {
        string? environment = parsed.GetValue(_environment) ?? environmentIfNone;
        string[] presets = parsed.GetValue(_presets) ?? [];
        TrainingOptions options = resumed is null ? New(environment, presets) : Resumed(resumed, environment, presets);
        foreach (string assignment in parsed.GetValue(_set) ?? [])
        {
            OptionBinder.ApplyAssignment(options, assignment);
        }

        Apply(options, "run.seed", _seed.Name, parsed.GetValue(_seed));
        Apply(options, "run.steps", _steps.Name, parsed.GetValue(_steps));
        Apply(options, "actor.count", _actors.Name, parsed.GetValue(_actors));
        Apply(options, "learner.backend", _backend.Name, parsed.GetValue(_backend));
        Apply(options, "learner.device", _device.Name, parsed.GetValue(_device));
        options.Run.Deterministic |= parsed.GetValue(_deterministic);
        options.Run.UntilSolved |= parsed.GetValue(_untilSolved);
        return options;
    }

    private TrainingOptions New(string? environment, string[] presets)
    {
        TrainingOptions options = Preset.LoadFor(environment, presets);
        options.Environment.Id = environment ?? options.Environment.Id;
        return options.Environment.Id.Length > 0
            ? options
            : throw new InvalidOptionException(
                $"{commandLine.Split(' ')[^1]}: which environment? for example: {commandLine} CartPole-v1 (krewe envs lists them)");
    }

    private static TrainingOptions Resumed(TrainingOptions options, string? environment, string[] presets)
    {
        if (environment is not null && environment != options.Environment.Id)
        {
            throw new InvalidOptionException($"--resume: the run trains {options.Environment.Id}, not {environment}");
        }

        return presets.Length == 0
            ? options
            : throw new InvalidOptionException("--resume and --preset: a resumed run keeps its options, expected --set for what should change");
    }

    private static void Apply(TrainingOptions options, string key, string source, object? value)
    {
        if (value is not null)
        {
            OptionBinder.ApplyAssignment(options, string.Create(CultureInfo.InvariantCulture, $"{key}={value}"), source);
        }
    }
}
