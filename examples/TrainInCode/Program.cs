using CustomEnvironment;
using Krewe.Environments;
using Krewe.Runtime;

// A built-in environment with its preset.
TrainingOptions options = Preset.Load("CartPole-v1");
options.Run.Seed = 7;
options.Run.UntilSolved = true;
using var cartPole = new TrainingSession(options);
cartPole.Evaluated += report => Console.WriteLine($"{report.EnvironmentSteps} steps: {report.Result.Mean:F1}");
TrainingResult result = cartPole.Run();
Console.WriteLine($"CartPole-v1 solved after {result.SolvedAtSeconds:F2} s");

// A custom environment, with a few options that differ from the defaults.
var registry = EnvironmentRegistry.CreateDefault();
registry.RegisterAssembly(typeof(Corridor).Assembly);
var corridorOptions = new TrainingOptions
{
    Environment = { Id = "Corridor-v0" },
    Run = { Steps = 30_000 },
    Network = { Hidden = [32] },
};
using var corridor = new TrainingSession(corridorOptions, registry);
Console.WriteLine($"Corridor-v0: {corridor.Run().Final?.Mean:F2}");
