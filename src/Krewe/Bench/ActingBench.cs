using System.Diagnostics;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>
/// The whole actor loop without a learner: greedy inference with a 4-64-64-2 network, CartPole steps, segments into replay; one actor per
/// core.
/// </summary>
internal static class ActingBench
{
    private const int EnvironmentsPerActor = 256;
    private const int SegmentLength = 32;
    private const int Windows = 7;

    public static IEnumerable<BenchRow> Run()
    {
        int cores = System.Environment.ProcessorCount;
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        EnvironmentSpec environment = registry.GetSpec("CartPole-v1");
        var options = new TrainingOptions
        {
            Run = new RunOptions { Steps = long.MaxValue },
            Actor = new ActorOptions
            {
                Count = cores,
                Environments = EnvironmentsPerActor,
                SegmentLength = SegmentLength,
                Epsilon = Schedule.Constant(0),
            },
        };
        var spec = new NetworkSpec(environment.ObservationSpace, options.Network.ToArchitecture(), RunPlan.RequireDiscreteActions(environment).N);
        var replay = ShardedReplay.Create(
            BenchData.CartPole,
            new ReplayOptions { Capacity = 1_000_000, MinSize = 1_000_000_000_000_000 },
            ReplaySelector.Uniform,
            discount: 0.99,
            EnvironmentsPerActor * SegmentLength,
            largestSample: 64,
            seed: 0);
        var policies = new PolicyBoard(spec);
        using (var network = new MlpQNetwork(spec, options.Learner, RandomStreams.Create(0, RandomStream.Network)))
        {
            var parameters = new float[spec.ParameterCount];
            network.ReadParameters(parameters);
            policies.Publish(0, parameters);
        }

        var counters = new RunCounters();
        var episodes = new EpisodeTracker();
        ActorLoop[] actors = [.. Enumerable.Range(0, cores).Select(i => new ActorLoop(
            i, options.Actor, registry.MakeVector("CartPole-v1", EnvironmentsPerActor), replay, policies, counters, episodes, BenchData.ActorRandom(i)))];
        bool stop = false;
        Thread[] threads = [.. actors.Select(actor => new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                actor.Collect();
                actor.Push(TimeSpan.Zero, CancellationToken.None);
            }
        })
        { IsBackground = true })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        // The measuring thread only reads the counters and sleeps; the actor threads do the work.
        using var pause = new ManualResetEventSlim();
        pause.Wait(TimeSpan.FromMilliseconds(500));
        var rates = new double[Windows];
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long first = counters.EnvironmentSteps;
        for (int i = 0; i < Windows; i++)
        {
            long steps = counters.EnvironmentSteps;
            long start = Stopwatch.GetTimestamp();
            pause.Wait(TimeSpan.FromMilliseconds(300));
            rates[i] = (counters.EnvironmentSteps - steps) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        long total = counters.EnvironmentSteps - first;
        Volatile.Write(ref stop, true);
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        foreach (ActorLoop actor in actors)
        {
            actor.Dispose();
        }

        Array.Sort(rates);
        yield return Measurement.Row(
            "acting", $"greedy {spec} + CartPole step + segments into replay, {cores} actors x {EnvironmentsPerActor}", rates, "steps/s", 10e6);

        // The measuring thread's own waits allocate a few hundred bytes in total, which rounds to 0 per step.
        yield return Measurement.AllocationRow("acting", "acting: allocation", Math.Round((double)allocated / total, 3), "bytes/step");
    }
}
