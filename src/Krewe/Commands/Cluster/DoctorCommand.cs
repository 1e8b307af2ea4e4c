using System.CommandLine;
using Krewe.Learner;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe doctor</c>: describes this machine as a learner's host, and which backend suits a run.</summary>
internal static class DoctorCommand
{
    private static readonly TrainArguments Training = new("krewe doctor");

    public static Command Build()
    {
        var command = new ExampleCommand(
            "doctor",
            "Shows what this machine offers a learner (cores, vectors, libtorch, GPUs) and which backend is faster for a run.",
            "krewe doctor",
            "krewe doctor CartPole-v1 --set network.hidden=1024,1024 --device cuda");
        Training.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        TrainingOptions options = Training.Effective(parsed, environmentIfNone: "CartPole-v1");

        // Both backends are measured: the option only selects torch's device.
        options.Learner.Backend = BackendKind.Torch;
        RunPlan plan = RunPlan.Create(options, Training.Registry(parsed));
        Console.Out.WriteLine($"machine   {MachineDescription.Current}");
        Console.Out.WriteLine($"memory    {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F1} GB");
        Examination.Run(plan, Console.Out);
        return 0;
    }
}
