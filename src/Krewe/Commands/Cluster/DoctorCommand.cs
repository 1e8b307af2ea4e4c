using System.CommandLine;
using System.Text.Json;
using Krewe.Learner;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe doctor</c>: describes this machine as the host of a learner, and the faster backend for a run.</summary>
internal static class DoctorCommand
{
    private static readonly TrainArguments Training = new("krewe doctor");
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "doctor",
            "Shows what this machine offers a learner (cores, vectors, libtorch, GPUs) and which backend is faster for a run.",
            "krewe doctor",
            "krewe doctor CartPole-v1 --set network.hidden=1024,1024 --device cuda");
        Training.AddTo(command);
        command.Options.Add(Json);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        TrainingOptions options = Training.Effective(parsed, environmentIfNone: "CartPole-v1");

        // Both backends are measured: the option only selects torch's device.
        options.Learner.Backend = BackendKind.Torch;
        RunPlan plan = RunPlan.Create(options, Training.Registry(parsed));
        var examination = Examination.Of(plan);
        Console.Out.WriteLine(parsed.GetValue(Json) ? JsonSerializer.Serialize(examination, CommonOptions.Json) : examination.ToText());
        return 0;
    }
}
