using System.Diagnostics;
using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Tests;

namespace Krewe.Torch.Tests;

/// <summary>
/// What the garbage collector does to tensors and scalars that native code still uses. libtorch aborts the process when it meets a freed one,
/// and the size of generation 0 is set when a process starts, so the updates run in a separate process.
/// </summary>
public class CollectionTests
{
    private const string ResultFile = "KREWE_COLLECTION_TEST_RESULT";
    private const int Rows = 8;

    private static readonly int Updates = Environment.GetEnvironmentVariable("KREWE_CI") == "long" ? 1_000_000 : 30_000;

    [Fact]
    public async Task Updates_and_forward_passes_are_the_same_under_constant_collections()
    {
        if (Environment.GetEnvironmentVariable(ResultFile) is { } file)
        {
            await File.WriteAllBytesAsync(file, UnderCollections());
            return;
        }

        string result = Path.GetTempFileName();
        try
        {
            using Process child = StartThisTest(result);
            Task<string> output = child.StandardOutput.ReadToEndAsync();
            Task<string> error = child.StandardError.ReadToEndAsync();

            // Awaited before anything can fail: native code that still runs when the process exits would crash it.
            byte[] expected = await Task.Run(Train);
            await child.WaitForExitAsync();
            Assert.True(child.ExitCode == 0, $"exit code {child.ExitCode}\n{await output}\n{await error}");
            Assert.Equal(expected, await File.ReadAllBytesAsync(result));
        }
        finally
        {
            File.Delete(result);
        }
    }

    private static Process StartThisTest(string result)
    {
        string program = Path.Combine(AppContext.BaseDirectory, $"{typeof(CollectionTests).Assembly.GetName().Name}{(OperatingSystem.IsWindows() ? ".exe" : "")}");

        // All three streams: those of this process belong to the test runner, which reads its reports from them.
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(CollectionTests).FullName}.{nameof(Updates_and_forward_passes_are_the_same_under_constant_collections)}");
        start.Environment[ResultFile] = result;
        start.Environment["DOTNET_GCgen0size"] = "0x10000";
        return Process.Start(start)!;
    }

    private static byte[] UnderCollections()
    {
        bool isDone = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            return Train();
        }
        finally
        {
            Volatile.Write(ref isDone, true);
            collector.Join();
        }
    }

    /// <summary>Trains one network of each kind of layer, both ways an update is applied, and returns all parameters and Q-values.</summary>
    private static byte[] Train()
    {
        var categorical = new NetworkSpec(
            ElementType.Float32, 4, 4, new NetworkArchitecture([16]) { Head = HeadSpec.Categorical(atoms: 11, low: -5, high: 5) }, actionCount: 3, image: null);
        (NetworkSpec Spec, LossKind Loss, int StepsAhead, IObjective? Objective)[] cases =
        [
            (NetworkCases.All[3].Spec, LossKind.Huber, 0, null),
            (NetworkCases.All[3].Spec, LossKind.Mse, 1, null),
            (Architectures.Get("dueling on indices"), LossKind.Huber, 1, null),
            (Architectures.Get("convolutions, layer norm and dueling"), LossKind.Mse, 0, null),
            (categorical, LossKind.Mse, 1, new C51Objective(categorical.Head)),
        ];
        var results = new List<byte>();
        foreach ((NetworkSpec spec, LossKind loss, int stepsAhead, IObjective? objective) in cases)
        {
            var options = new LearnerOptions { Loss = loss, Target = TargetKind.Soft, BatchSize = Rows, MaxGradientNorm = 1, AdamEpsilon = 1e-3 };
            using TrainedNetwork network = ForwardTests.Trained(spec, options, stepsAhead, objective);
            SampledBatch batch = Batches.Random(spec, Rows, 1);
            var errors = new float[Rows];
            var values = new float[Rows * spec.ActionCount];
            for (int update = 0; update < Updates / cases.Length; update++)
            {
                network.Begin(batch, 1e-4f);
                network.UpdateTarget(0.01f);
                network.End(errors);
                if (update % 100 == 0)
                {
                    network.Forward(batch.Observations, Rows, values);
                }
            }

            results.AddRange(MemoryMarshal.AsBytes<float>(AgreementTests.State(network).Online));
            results.AddRange(MemoryMarshal.AsBytes<float>(values));
        }

        return [.. results];
    }
}
