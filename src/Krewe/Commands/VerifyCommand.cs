using System.CommandLine;
using System.Globalization;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Cli;

/// <summary><c>krewe envs verify</c>.</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "Recordings of Gymnasium: episodes or single steps (.jsonl), transition tables (-P.json); plain or .gz.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string[]> Assemblies = CommonOptions.Assemblies();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "verify",
            "Replays recordings step by step from each recorded state and compares the results.",
            "krewe envs verify recordings/*.jsonl")
        {
            Files, Assemblies,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        EnvironmentRegistry registry = CommonOptions.Registry(parsed.GetValue(Assemblies));
        string[] files = parsed.GetValue(Files)!;
        if (Array.Find(files, file => !File.Exists(file)) is { } missing)
        {
            throw new InvalidOptionException($"{missing}: there is no such file, expected a recording (.jsonl, -P.json; plain or .gz)");
        }

        foreach (string file in files)
        {
            VerificationResult result = RecordingVerifier.Verify(file, registry);
            if (result.Mismatch is { } mismatch)
            {
                Console.Error.WriteLine($"{file}: {mismatch}");
                return 1;
            }

            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{file}: {(result.Environments.Count > 0 ? string.Join(", ", result.Environments) : "random streams")}: {result.Steps} steps compared, largest state deviation {result.MaxStateDeviation:G3}, observation {result.MaxObservationUlps} ulp{Vector(result)}"));
        }

        return 0;
    }

    private static string Vector(VerificationResult result) => result.VectorSteps == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"; vectorized {result.VectorSteps} steps, {result.MaxVectorStateDeviation:G3}");
}
